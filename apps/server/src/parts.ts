import { randomUUID } from 'node:crypto'
import { createAudit } from '#features/audit/server/index.ts'
import { createCampaigns } from '#features/campaigns/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { createDelivery } from '#features/delivery/server/index.ts'
import { createGate, createOutboxShipper } from '#features/gate/server/index.ts'
import { createHome } from '#features/home/server/index.ts'
import { createImports } from '#features/imports/server/index.ts'
import { createIngest, createIngestOperations } from '#features/ingest/server/index.ts'
import { createOrg } from '#features/org/server/index.ts'
import { createPlan } from '#features/plan/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { createSegments } from '#features/segments/server/index.ts'
import { createTags } from '#features/tags/server/index.ts'
import { createTasks } from '#features/tasks/server/index.ts'
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
  const rules = createRules(base)
  const tags = createTags({ ...base, audit, jobs, rules })
  const segments = createSegments({ ...base, audit, jobs, rules, tags, customers })
  const gate = createGate({ pg, clock })
  const delivery = createDelivery({ pg, clock, newId })
  const tasks = createTasks({ pg, clock, audit, customers, timeZone })
  const campaigns = createCampaigns({ ...base, audit, jobs, org, rules, gate, delivery, tasks })
  tags.addUses(campaigns.usesOf)
  segments.addUses(campaigns.usesOf)
  for (const one of [tags, segments, campaigns]) plan.addUses((event) => one.usesOf('event', event))
  const outbox = createOutboxShipper({ pg, append: (events) => ingest.append(events) })
  const imports = createImports({
    ...{ ...base, audit, org, customers, campaigns },
    onImported: ingest.identity.claimWaiting,
  })
  const home = createHome({
    ...base,
    campaignSummaries: campaigns.summaries,
    openApprovals: campaigns.openApprovals,
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
    customers,
    plan,
    ingest,
    ingestOperations,
    rules,
    tags,
    segments,
    gate,
    delivery,
    tasks,
    campaigns,
    outbox,
    imports,
    home,
  }
}
