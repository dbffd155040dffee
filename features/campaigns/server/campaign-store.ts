import type { z } from 'zod'
import type {
  Campaign,
  CampaignBody,
  CampaignQuery,
  StopReport,
} from '#features/campaigns/common/campaign.ts'
import { campaignError } from '#features/campaigns/common/campaign-errors.ts'
import {
  actionsOf,
  type CampaignState,
  type CampaignStep,
  type CampaignViewer,
  nextState,
} from '#features/campaigns/common/campaign-state.ts'
import type { Page } from '#platform/common/http.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { idCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Body of a finished campaign that was imported: only the name of the outcome that counts as a conversion. */
export type ImportedBody = { outcome: string }

type CommonRow = {
  campaign_id: number
  key: string
  name: string
  content_hash: string
  owner_org_id: number
  state: CampaignState
  created_by: string
  makers: string[]
  version: number
  start_id: number | null
  started_at: Date | null
  ended_at: Date | null
  stop_report: StopReport | null
  review_text: string | null
  last_error: string | null
  updated_at: Date
}
export type OwnCampaignRow = CommonRow & { is_imported: false; body: CampaignBody }
export type ImportedCampaignRow = CommonRow & { is_imported: true; body: ImportedBody }
export type CampaignRow = OwnCampaignRow | ImportedCampaignRow

export async function findCampaign(runner: PgRunner, key: string): Promise<CampaignRow | undefined> {
  return runner.first<CampaignRow>(sql`SELECT c.* FROM campaign AS c WHERE c.key = ${key}`)
}

/** Reads and locks a campaign until the transaction ends: its steps happen one after another. */
export async function lockCampaign(tx: PgRunner, key: string): Promise<CampaignRow> {
  const row = await tx.first<CampaignRow>(sql`SELECT c.* FROM campaign AS c WHERE c.key = ${key} FOR UPDATE`)
  if (!row) throw campaignError('CAMPAIGN_NOT_FOUND', { key })
  return row
}

/** A campaign of our own; an imported one has no content and takes none of its steps. */
export function asOwn(row: CampaignRow, step: string): OwnCampaignRow {
  if (row.is_imported) throw campaignError('CAMPAIGN_STATE', { key: row.key, state: row.state, step })
  return row
}

/** Locks a campaign that was read before, provided that nobody has changed it since. */
export async function lockUnchanged(
  tx: PgRunner,
  found: OwnCampaignRow,
  step: string,
): Promise<OwnCampaignRow> {
  const row = asOwn(await lockCampaign(tx, found.key), step)
  if (row.version !== found.version) throw campaignError('CAMPAIGN_CHANGED', { key: found.key })
  return row
}

/** Sets columns of a locked campaign, counting its version up. */
export async function updateCampaign(
  tx: PgRunner,
  row: CampaignRow,
  set: Sql,
  at: Date,
): Promise<CampaignRow> {
  const changed = await tx.first<CampaignRow>(sql`
    UPDATE campaign AS c SET ${set}, version = c.version + 1, updated_at = ${at}::timestamptz
    WHERE c.campaign_id = ${row.campaign_id} RETURNING c.*`)
  if (!changed) throw campaignError('CAMPAIGN_NOT_FOUND', { key: row.key })
  return changed
}

/** The state a step leads to from a campaign's state; throws where it isn't possible. */
export function stateAfter(row: CampaignRow, step: CampaignStep): CampaignState {
  const next = nextState(row.state, step)
  if (!next) throw campaignError('CAMPAIGN_STATE', { key: row.key, state: row.state, step })
  return next
}

export type CampaignFilter = z.infer<typeof CampaignQuery> & { owners: readonly number[] | undefined }

/** Campaigns of these owners, newest first. */
export async function listCampaigns(
  runner: PgRunner,
  filter: CampaignFilter,
  describe: (row: CampaignRow) => Campaign,
): Promise<Page<Campaign>> {
  const after = idCursor(filter.cursor)
  const conditions: Sql[] = [sql`true`]
  if (filter.owners) conditions.push(sql`c.owner_org_id = ANY(${[...filter.owners]}::int[])`)
  if (after !== undefined) conditions.push(sql`c.campaign_id < ${after}::int`)
  if (filter.state) conditions.push(sql`c.state = ${filter.state}`)
  if (filter.q) {
    conditions.push(
      sql`(strpos(lower(c.name), lower(${filter.q})) > 0 OR strpos(c.key, lower(${filter.q})) > 0)`,
    )
  }
  const where = conditions.reduce((all, one) => sql`${all} AND ${one}`)
  const rows = await runner.query<CampaignRow>(sql`
    SELECT c.* FROM campaign AS c WHERE ${where} ORDER BY c.campaign_id DESC LIMIT ${filter.limit + 1}`)
  return toPage(rows, filter.limit, (row) => [row.campaign_id], describe)
}

export const isStarting = (row: CampaignRow): boolean => row.state === 'approved' && row.start_id !== null
export const isOver = (row: CampaignRow, now: Date): boolean =>
  !row.is_imported && Date.parse(row.body.to) <= now.getTime()

export function describeCampaign(row: CampaignRow, viewer: CampaignViewer, now: Date): Campaign {
  const moment = { state: row.state, isStarting: isStarting(row), isOver: isOver(row, now) }
  return {
    key: row.key,
    name: row.name,
    state: row.state,
    body: row.is_imported ? null : row.body,
    contentHash: row.content_hash,
    ownerOrgId: row.owner_org_id,
    createdBy: row.created_by,
    version: row.version,
    isImported: row.is_imported,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    reviewText: row.review_text,
    lastError: row.last_error,
    stopReport: row.stop_report,
    updatedAt: row.updated_at.toISOString(),
    actions: actionsOf(moment, viewer),
  }
}

/** What the audit keeps of a campaign: enough to see what was changed from what to what. */
export const auditView = (row: CampaignRow) => ({
  state: row.state,
  version: row.version,
  contentHash: row.content_hash,
  body: row.body,
})
