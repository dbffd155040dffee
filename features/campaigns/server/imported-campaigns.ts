import { createHash } from 'node:crypto'
import type { Audit } from '#features/audit/server/index.ts'
import { campaignError } from '#features/campaigns/common/campaign-errors.ts'
import { findCampaign } from '#features/campaigns/server/campaign-store.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A finished campaign of another system. `outcome`: the name of the outcome that counts as its conversion. */
export type ImportedCampaign = { key: string; name: string; outcome: string; ownerOrgId: number; by?: string }
/** One customer of it: outcomes are 0 or 1, or amounts. */
export type ImportedMember = {
  customerId: number
  arm: string
  isControl: boolean
  contactedAt: Date | null
  outcomes: Readonly<Record<string, number>>
}

export type ImportedCampaigns = ReturnType<typeof createImportedCampaigns>

/** Finished campaigns of other systems, so that they are reviewed by the same code as our own. */
export function createImportedCampaigns(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; audit: Audit }) {
  const { pg, ch, clock, audit } = deps

  async function owners(
    customerIds: readonly number[],
  ): Promise<Map<number, { orgId: number; rmStaffId: number }>> {
    const rows = await ch.query<{ customerId: number; orgId: number; rmStaffId: number }>(
      sql`SELECT c.customer_id AS customerId, c.org_id AS orgId, c.rm_staff_id AS rmStaffId FROM customer AS c FINAL
        WHERE c.customer_id IN ${typed('Array(UInt32)', customerIds)}`,
      { lane: 'jobs' },
    )
    return new Map(rows.map((row) => [row.customerId, row]))
  }

  return {
    /** Makes the campaign, or finds it again when an import is repeated; its key must not be one of ours. */
    async beginImported({
      key,
      name,
      outcome,
      ownerOrgId,
      by = 'import',
    }: ImportedCampaign): Promise<number> {
      const now = clock.now()
      const body = JSON.stringify({ outcome })
      return pg.transaction(async (tx) => {
        const known = await findCampaign(tx, key)
        if (known && !known.is_imported) throw campaignError('CAMPAIGN_KEY_TAKEN', { key })
        const row = await tx.first<{ campaign_id: number }>(sql`
          INSERT INTO campaign (key, name, body, content_hash, owner_org_id, state, is_imported, created_by, created_at, updated_at)
          VALUES (${key}, ${name}, ${body}::jsonb, ${createHash('sha256').update(`${key}:${body}`).digest('hex')},
            ${ownerOrgId}, 'ended', true, ${by}, ${now}::timestamptz, ${now}::timestamptz)
          ON CONFLICT (key) DO UPDATE SET name = excluded.name, body = excluded.body
            WHERE campaign.is_imported AND campaign.state = 'ended'
          RETURNING campaign_id`)
        if (!row)
          throw campaignError('CAMPAIGN_STATE', { key, state: known?.state ?? 'closed', step: 'import' })
        if (!known) {
          await audit.record(tx, {
            actor: by,
            action: 'campaign.import',
            objectType: 'campaign',
            objectId: key,
            orgId: ownerOrgId,
            after: { name, outcome },
          })
        }
        return row.campaign_id
      })
    },

    /**
     * Adds customers, a few thousand a call; the same customer again replaces. The warehouse must know them already;
     * customers it doesn't know are left out. Gives how many were added.
     */
    async addImportedMembers(campaignId: number, members: readonly ImportedMember[]): Promise<number> {
      const ownerOf = await owners(members.map((member) => member.customerId))
      const now = clock.now()
      const rows = members.flatMap((member) => {
        const owner = ownerOf.get(member.customerId)
        if (!owner) return []
        return {
          campaign_id: campaignId,
          start_id: 0,
          customer_id: member.customerId,
          arm: member.arm,
          is_control: member.isControl ? 1 : 0,
          org_id: owner.orgId,
          rm_staff_id: owner.rmStaffId,
          eligible_at: warehouseTime(member.contactedAt ?? now),
          contacted_at: member.contactedAt && warehouseTime(member.contactedAt),
          outcomes: member.outcomes,
          ver: now.getTime(),
        }
      })
      if (rows.length > 0) await ch.insertRows('campaign_member', rows, { lane: 'load' })
      return rows.length
    },

    /** Marks the import as complete: from the first contact to the last is when the campaign ran. */
    async finishImported(campaignId: number): Promise<void> {
      const row = await ch.first<{ first: string; last: string; contacted: string }>(
        sql`SELECT toUnixTimestamp64Milli(min(m.eligible_at)) AS first, toUnixTimestamp64Milli(max(m.eligible_at)) AS last,
            count(m.contacted_at) AS contacted
          FROM campaign_member AS m FINAL
          WHERE m.campaign_id = ${typed('UInt32', campaignId)} AND m.start_id = 0 AND m.contacted_at IS NOT NULL`,
        { lane: 'jobs' },
      )
      const isContacted = Number(row?.contacted ?? 0) > 0
      const at = (milliseconds: string | undefined) =>
        isContacted ? new Date(Number(milliseconds)) : clock.now()
      await pg.execute(sql`
        UPDATE campaign AS c SET started_at = ${at(row?.first)}::timestamptz, ended_at = ${at(row?.last)}::timestamptz,
          updated_at = ${clock.now()}::timestamptz
        WHERE c.campaign_id = ${campaignId} AND c.is_imported`)
    },
  }
}

/** As the engine reads a DateTime64: UTC without a zone. */
const warehouseTime = (moment: Date): string => moment.toISOString().replace('T', ' ').replace('Z', '')
