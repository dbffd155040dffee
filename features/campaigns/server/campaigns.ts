import type { Approvals } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Funnel, Report } from '#features/campaigns/common/campaign.ts'
import { createAudience } from '#features/campaigns/server/audience.ts'
import { createCampaignAccess } from '#features/campaigns/server/campaign-access.ts'
import { defineCampaignApproval } from '#features/campaigns/server/campaign-approval.ts'
import { advanceJob, createCampaignControl, startJob } from '#features/campaigns/server/campaign-control.ts'
import { createCampaignFunnel } from '#features/campaigns/server/campaign-funnel.ts'
import { createMaterials } from '#features/campaigns/server/campaign-material.ts'
import { createCampaignReport } from '#features/campaigns/server/campaign-report.ts'
import { createCampaignService } from '#features/campaigns/server/campaign-service.ts'
import { createCampaignStart, type StartInput } from '#features/campaigns/server/campaign-start.ts'
import type { CampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { createCampaignUses, usedTags } from '#features/campaigns/server/campaign-uses.ts'
import { createCampaignWork } from '#features/campaigns/server/campaign-work.ts'
import { createImportedCampaigns } from '#features/campaigns/server/imported-campaigns.ts'
import type { Delivery } from '#features/delivery/server/index.ts'
import type { Gate } from '#features/gate/server/index.ts'
import type { Org } from '#features/org/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { Tasks } from '#features/tasks/server/index.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { JobContext, Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type CampaignDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  approvals: Pick<Approvals, 'define' | 'submit' | 'withdraw' | 'approvedHash'>
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
  org: Pick<Org, 'tree'>
  rules: Pick<Rules, 'memberIdsSql' | 'check'>
  gate: Pick<Gate, 'reserve' | 'commit'>
  delivery: Pick<Delivery, 'setContent' | 'setLive' | 'place' | 'sendInbox' | 'closePlacements'>
  tasks: Pick<Tasks, 'createMany' | 'cancelOpen'>
  /** Throws where an audience stands on a segment that nothing may be sent to. */
  checkSendable?: (audience: Rule) => Promise<void>
  /** How many people have to approve a campaign to so many customers; one without it. */
  approvalLevels?: (ownerOrgId: number, audience: Rule) => Promise<1 | 2>
  timeZone: string
  /** Customers placed in one transaction; 5,000 keep the gate's locks short and the work fast. */
  batchSize?: number
}

export type CampaignSummary = {
  key: string
  name: string
  state: string
  eligible: number
  exposed: number
  clicked: number
  converted: number
}
export type Campaigns = ReturnType<typeof createCampaigns>

const advanceEveryMs = 5000
/** Campaigns a home page shows. */
const mostSummaries = 8

/** Campaigns from draft to review. */
export function createCampaigns(deps: CampaignDeps) {
  const { pg, jobs } = deps
  const access = createCampaignAccess(deps)
  const audience = createAudience(deps)
  const materials = createMaterials({ audience })
  const service = createCampaignService({ ...deps, access, materials })
  defineCampaignApproval({ ...deps, materials })
  const start = createCampaignStart({ ...deps, access, materials, audience })
  const control = createCampaignControl({ ...deps, service, checkApproval: start.checkApproval })
  const work = createCampaignWork({ ...deps, control, batchSize: deps.batchSize ?? 5000 })
  const funnel = createCampaignFunnel(deps)
  const report = createCampaignReport({ ...deps, access })

  jobs.define(startJob, async (input: StartInput, context: JobContext) => {
    const result = await start.run(input, context)
    await jobs.enqueue(advanceJob, { key: input.key }, input.by, { key: `${advanceJob}:${input.key}` })
    return result
  })
  jobs.define(advanceJob, (input: { key?: string }) => work.advance(input.key))
  jobs.every(advanceJob, advanceEveryMs)

  return {
    service,
    control,
    imported: createImportedCampaigns(deps),
    /** Which campaigns use a tag or segment: for the tags and segments features. */
    usesOf: createCampaignUses(deps),
    /** Keys of all tags a campaign not yet closed names. */
    usedTags: () => usedTags(pg),
    /** Takes one running campaign on, or all: what the job does. */
    advance: work.advance,

    async funnel(caller: Caller, scope: OrgScope, key: string): Promise<Funnel> {
      return funnel.funnel(await service.getVisible(caller, key), scope)
    },
    async report(caller: Caller, scope: OrgScope, key: string): Promise<Report> {
      return report.report(await service.getVisible(caller, key), scope)
    },

    /** Running campaigns with the evaluation of their audience that counts, and whether the scope may know of each. */
    async live(scope: OrgScope) {
      const owners = await access.visibleOwners(scope)
      const rows = await pg.query<CampaignRow>(
        sql`SELECT c.* FROM campaign AS c WHERE c.state = 'running' AND c.start_id IS NOT NULL ORDER BY c.campaign_id`,
      )
      return rows.map((row) => ({
        campaignId: row.campaign_id,
        startId: row.start_id ?? 0,
        key: row.key,
        name: row.name,
        isVisible: owners === undefined || owners.includes(row.owner_org_id),
      }))
    },

    /** The newest started campaigns that reach the scope, with its numbers. */
    async summaries(scope: OrgScope): Promise<CampaignSummary[]> {
      const owners = await access.visibleOwners(scope)
      const rows = await pg.query<CampaignRow>(sql`
        SELECT c.* FROM campaign AS c
        WHERE c.state IN ('running', 'paused', 'stopped', 'ended')
          AND (${owners === undefined} OR c.owner_org_id = ANY(${owners ?? []}::int[]))
        ORDER BY c.state IN ('running', 'paused') DESC, c.campaign_id DESC LIMIT ${mostSummaries}`)
      return Promise.all(
        rows.map(async (row) => {
          const { eligible, exposed, clicked, converted } = await funnel.summary(row, scope)
          return { key: row.key, name: row.name, state: row.state, eligible, exposed, clicked, converted }
        }),
      )
    },
  }
}
