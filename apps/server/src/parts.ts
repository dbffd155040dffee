import { randomUUID } from 'node:crypto'
import { createApprovals } from '#features/approvals/server/index.ts'
import { createAudit } from '#features/audit/server/index.ts'
import { breakpoints, createFlows } from '#features/breakpoints/server/index.ts'
import { createCampaigns } from '#features/campaigns/server/index.ts'
import { createCoverage } from '#features/coverage/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { createDelivery } from '#features/delivery/server/index.ts'
import { createGate, createOutboxShipper } from '#features/gate/server/index.ts'
import { createHome } from '#features/home/server/index.ts'
import { createImports } from '#features/imports/server/index.ts'
import { createIngest, createIngestOperations, type InternalEvent } from '#features/ingest/server/index.ts'
import { createInsightFeature } from '#features/insight/server/index.ts'
import { createLists } from '#features/lists/server/index.ts'
import { createMetrics } from '#features/metrics/server/index.ts'
import { createModels } from '#features/models/server/index.ts'
import { createOrg } from '#features/org/server/index.ts'
import { createPlan } from '#features/plan/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { createSegmentSharing, createSegments } from '#features/segments/server/index.ts'
import { createStreaming } from '#features/streaming/server/index.ts'
import { createTags } from '#features/tags/server/index.ts'
import { createTasks } from '#features/tasks/server/index.ts'
import { defineValueAnalyses } from '#features/value/server/index.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Config } from '#platform/server/config.ts'
import { createFieldCrypto, loadFieldKey } from '#platform/server/field-crypto.ts'
import { createJobs } from '#platform/server/jobs.ts'
import type { Engines } from './engines.ts'
import { mergeTables } from './merge-tables.ts'

export type Log = (error: unknown, message: string) => void
export type Parts = Awaited<ReturnType<typeof createParts>>

/** Puts all features together, each with what it needs of those before it. */
export async function createParts(deps: { config: Config; engines: Engines; clock: Clock; log: Log }) {
  const { config, engines, clock, log } = deps
  const { pg, ch } = engines
  const { timeZone, dataDir } = config
  const newId = randomUUID
  const key = await loadFieldKey({ dataDir, fieldKey: config.fieldKey })
  const crypto = createFieldCrypto({ key, provider: 'aes-256-gcm', keyVersion: 1 })
  const base = { pg, ch, clock, timeZone }
  const jobs = createJobs({ pg, clock, log })
  const audit = createAudit({ pg, clock })
  const org = createOrg({ ...base, audit })
  const approvals = createApprovals({ pg, clock, audit })
  const customers = createCustomers({ ...base, crypto, audit, mergeTables })
  const plan = createPlan({ ...base, audit, findStaff: org.staff.findByUsername, log })
  const ingest = await createIngest({
    ...base,
    plan: plan.gate,
    audit,
    crypto,
    dataDir,
    spoolLimitBytes: config.spoolLimitBytes,
    kafka: config.kafka,
    isLoading: config.roles.includes('work'),
    customers,
    log,
  })
  const ingestOperations = createIngestOperations({ ...base, audit, jobs, ingest })
  const lists = createLists({ ...base, audit, jobs })
  const models = createModels({ pg, clock, audit })
  const rules = createRules(base)
  const tags = createTags({ ...base, audit, approvals, customers, jobs, rules })
  const segments = createSegments({
    ...base,
    audit,
    jobs,
    rules,
    tags,
    customers,
    findCaller: org.callers.find,
  })
  const sharingDeps = {
    ...base,
    audit,
    approvals,
    crypto,
    jobs,
    lists,
    rules,
    customers,
    findCaller: org.callers.find,
    log,
  }
  const sharing = createSegmentSharing(sharingDeps)
  const insight = createInsightFeature({ ...base, audit, lists, rules, customers, segments })
  defineValueAnalyses(insight)
  insight.defineAnalysis(breakpoints)
  const flows = createFlows({ ...base, audit, segments })
  const metrics = createMetrics({
    ...{ ...base, audit, jobs, rules },
    rulesAt: (now) => createRules({ ...base, clock: { now: () => now } }),
  })
  const append = (events: readonly InternalEvent[]) => ingest.append(events)
  const streaming = createStreaming({ ...base, audit, segments, rules, tags, append, log })
  const gate = createGate({ pg, clock })
  const delivery = createDelivery({ pg, clock, newId })
  const tasks = createTasks({ pg, clock, audit, customers, timeZone })
  const campaigns = createCampaigns({
    ...base,
    audit,
    approvals,
    jobs,
    org,
    rules,
    gate,
    delivery,
    tasks,
    checkSendable: streaming.checkSendable,
    approvalLevels: sharing.approvalLevels,
  })
  insight.defineAnalysis(
    createCoverage({ liveCampaigns: campaigns.live, customersWithTask: tasks.customersWithOpenTask }),
  )
  for (const one of [tags, segments, campaigns]) lists.addUses((key) => one.usesOf('list', key))
  models.addUses((key) => tags.usesOf('model', key))
  tags.addUses(campaigns.usesOf)
  segments.addUses(campaigns.usesOf)
  tags.addUsedTags(campaigns.usedTags)
  for (const one of [tags, segments, campaigns]) plan.addUses((event) => one.usesOf('event', event))
  const outbox = createOutboxShipper({ pg, append: (events) => ingest.append(events) })
  const imports = createImports({
    ...{ ...base, audit, org, customers, campaigns },
    onImported: ingest.identity.claimWaiting,
  })
  const home = createHome({
    ...base,
    metrics,
    campaignSummaries: campaigns.summaries,
    openApprovals: approvals.countOpen,
    taskSummary: tasks.summary,
  })
  return {
    pg,
    ch,
    clock,
    timeZone,
    jobs,
    audit,
    org,
    approvals,
    customers,
    plan,
    ingest,
    ingestOperations,
    lists,
    models,
    rules,
    tags,
    segments,
    sharing,
    streaming,
    insight,
    flows,
    metrics,
    gate,
    delivery,
    tasks,
    campaigns,
    outbox,
    imports,
    home,
  }
}
