import type { z } from 'zod'
import { type Approvals, contentHash, type Material } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Campaign, CampaignBody, CampaignQuery } from '#features/campaigns/common/campaign.ts'
import { campaignError } from '#features/campaigns/common/campaign-errors.ts'
import { type CampaignAccess, isOwnerIn } from '#features/campaigns/server/campaign-access.ts'
import type { Materials } from '#features/campaigns/server/campaign-material.ts'
import {
  asOwn,
  auditView,
  type CampaignRow,
  describeCampaign,
  findCampaign,
  isOver,
  isStarting,
  listCampaigns,
  lockCampaign,
  lockUnchanged,
  type OwnCampaignRow,
  stateAfter,
  updateCampaign,
} from '#features/campaigns/server/campaign-store.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type CampaignServiceDeps = {
  pg: Postgres
  clock: Clock
  audit: Audit
  approvals: Pick<Approvals, 'submit' | 'withdraw'>
  access: CampaignAccess
  materials: Materials
  /** How many people have to approve a campaign to so many customers; one without it. */
  approvalLevels?: (ownerOrgId: number, audience: CampaignBody['audience']) => Promise<1 | 2>
}
export type CampaignService = ReturnType<typeof createCampaignService>

/** Drafting a campaign and sending it to its approval. */
export function createCampaignService(deps: CampaignServiceDeps) {
  const { pg, clock, audit, approvals, access, materials } = deps

  const describe = (caller: Caller, row: CampaignRow): Campaign =>
    describeCampaign(
      row,
      {
        permissions: caller.permissions,
        ownsIt: isOwnerIn(caller.scopeOf('campaign.write'), row.owner_org_id),
      },
      clock.now(),
    )

  const visibleOwners = (caller: Caller) =>
    access.visibleOwners(caller.scopeOf('campaign.read'), caller.homeOrgId)

  /** A campaign the caller may see; the same answer for unknown and for out of sight. */
  async function getVisible(caller: Caller, key: string): Promise<CampaignRow> {
    const [row, owners] = await Promise.all([findCampaign(pg, key), visibleOwners(caller)])
    if (!row || (owners && !owners.includes(row.owner_org_id)))
      throw campaignError('CAMPAIGN_NOT_FOUND', { key })
    return row
  }

  /** A campaign the caller may change. */
  async function getChangeable(caller: Caller, key: string): Promise<CampaignRow> {
    const row = await getVisible(caller, key)
    if (!isOwnerIn(caller.scopeOf('campaign.write'), row.owner_org_id)) {
      throw campaignError('CAMPAIGN_NOT_OWN', { key })
    }
    return row
  }

  const record = (tx: PgRunner, caller: Caller, step: string, row: CampaignRow, more: object = {}) =>
    audit.record(tx, {
      actor: caller.username,
      action: `campaign.${step}`,
      objectType: 'campaign',
      objectId: row.key,
      orgId: row.owner_org_id,
      after: auditView(row),
      ...more,
    })

  async function insert(
    caller: Caller,
    body: CampaignBody,
    ownerOrgId: number,
    hash: string,
  ): Promise<CampaignRow> {
    return pg.transaction(async (tx) => {
      const row = await tx.first<CampaignRow>(sql`
        INSERT INTO campaign (key, name, body, content_hash, owner_org_id, state, created_by, makers, created_at, updated_at)
        VALUES (${body.key}, ${body.name}, ${JSON.stringify(body)}::jsonb, ${hash}, ${ownerOrgId}, 'draft',
          ${caller.username}, ARRAY[${caller.username}::text], ${clock.now()}::timestamptz, ${clock.now()}::timestamptz)
        ON CONFLICT (key) DO NOTHING RETURNING *`)
      if (!row) throw campaignError('CAMPAIGN_KEY_TAKEN', { key: body.key })
      await record(tx, caller, 'create', row)
      return row
    })
  }

  async function changeLocked(tx: PgRunner, caller: Caller, key: string, body: CampaignBody, hash: string) {
    const before = asOwn(await lockCampaign(tx, key), 'change')
    refuseWhileStarting(before)
    const state = stateAfter(before, 'change')
    // The same content again changes nothing, so it voids nothing.
    if (before.state !== 'rejected' && before.content_hash === hash) return before
    const after = await updateCampaign(
      tx,
      before,
      sql`name = ${body.name}, body = ${JSON.stringify(body)}::jsonb, content_hash = ${hash}, state = ${state},
        makers = ${withMaker(before, caller)}::text[], last_error = NULL`,
      clock.now(),
    )
    await record(tx, caller, 'change', after, { before: auditView(before) })
    return after
  }

  async function submitLocked(
    tx: PgRunner,
    caller: Caller,
    found: OwnCampaignRow,
    material: Material,
    { summary, levels }: { summary: string; levels: 1 | 2 },
  ) {
    const row = await lockUnchanged(tx, found, 'submit')
    const state = stateAfter(row, 'submit')
    if (isOver(row, clock.now())) throw campaignError('CAMPAIGN_OVER', { key: row.key, to: row.body.to })
    const hash = contentHash(material)
    const makers = withMaker(row, caller)
    const after = await updateCampaign(
      tx,
      row,
      sql`state = ${state}, content_hash = ${hash}, makers = ${makers}::text[]`,
      clock.now(),
    )
    await approvals.submit(tx, {
      objectType: 'campaign',
      key: row.key,
      hash,
      material,
      makers,
      summary,
      maker: caller.username,
      levels,
    })
    await record(tx, caller, 'submit', after, { before: { state: row.state } })
    return after
  }

  return {
    describe,
    getVisible,
    getChangeable,

    async create(caller: Caller, body: CampaignBody): Promise<Campaign> {
      const ownerOrgId = await access.ownerOf(caller)
      const material = await materials.check(body, ownerOrgId)
      return describe(caller, await insert(caller, body, ownerOrgId, contentHash(material)))
    },

    async list(caller: Caller, query: z.infer<typeof CampaignQuery>): Promise<Page<Campaign>> {
      const owners = await visibleOwners(caller)
      return listCampaigns(pg, { ...query, owners }, (row) => describe(caller, row))
    },

    async get(caller: Caller, key: string): Promise<Campaign> {
      return describe(caller, await getVisible(caller, key))
    },

    /** Changes a draft; a rejected or approved campaign becomes a draft by it. What is submitted is withdrawn first. */
    async change(caller: Caller, key: string, body: CampaignBody): Promise<Campaign> {
      const found = await getChangeable(caller, key)
      if (body.key !== key) throw campaignError('CAMPAIGN_KEY_FIXED', { key })
      const material = await materials.check(body, found.owner_org_id)
      const row = await pg.transaction((tx) => changeLocked(tx, caller, key, body, contentHash(material)))
      return describe(caller, row)
    },

    /** Sends exactly this content, with the segments and tags behind it, to be approved by someone else. */
    async submit(caller: Caller, key: string, summary: string): Promise<Campaign> {
      const found = asOwn(await getChangeable(caller, key), 'submit')
      const material = await materials.of(found.body, found.owner_org_id)
      // The larger the audience as it is now, the more people have to approve.
      const levels = (await deps.approvalLevels?.(found.owner_org_id, found.body.audience)) ?? 1
      const row = await pg.transaction((tx) => submitLocked(tx, caller, found, material, { summary, levels }))
      return describe(caller, row)
    },

    /** Takes a submitted or approved campaign back to a draft. */
    async withdraw(caller: Caller, key: string): Promise<Campaign> {
      await getChangeable(caller, key)
      const row = await pg.transaction(async (tx) => {
        const before = asOwn(await lockCampaign(tx, key), 'withdraw')
        refuseWhileStarting(before)
        const after = await updateCampaign(
          tx,
          before,
          sql`state = ${stateAfter(before, 'withdraw')}`,
          clock.now(),
        )
        await approvals.withdraw(tx, { objectType: 'campaign', key })
        await record(tx, caller, 'withdraw', after, { before: { state: before.state } })
        return after
      })
      return describe(caller, row)
    },
  }
}

/** Its audience is fixed by now: only the start itself may go on. */
function refuseWhileStarting(row: CampaignRow): void {
  if (isStarting(row)) throw campaignError('CAMPAIGN_STARTING', { key: row.key })
}

const withMaker = (row: CampaignRow, caller: Caller): string[] => [
  ...new Set([...row.makers, caller.username]),
]
