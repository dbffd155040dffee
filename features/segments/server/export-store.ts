import type { ExportColumn, SegmentExport } from '#features/segments/common/segment-export.ts'
import type { SegmentRow } from '#features/segments/server/segment-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** What is asked for: exactly this is approved. */
export type ExportContent = {
  segment: string
  segmentName: string
  version: number
  columns: readonly ExportColumn[]
  language: 'zh' | 'en'
  reason: string
  count: number
}

export type ExportRow = {
  export_id: number
  segment: string
  segment_name: string
  version: number
  columns: { columns: ExportColumn[]; language: 'zh' | 'en' }
  reason: string
  state: SegmentExport['state']
  asked_count: number
  row_count: number | null
  byte_count: number | null
  job_id: string | null
  error_code: string | null
  requested_by: string
  staff_id: number
  staff_no: string
  owner_org_id: number
  fetched_count: number
  created_at: Date
  ready_at: Date | null
  expires_at: Date | null
}

export const describeExport = (row: ExportRow, caller: Caller, now: Date): SegmentExport => ({
  exportId: row.export_id,
  segment: row.segment,
  segmentName: row.segment_name,
  version: row.version,
  columns: row.columns.columns,
  reason: row.reason,
  state: row.state,
  askedCount: row.asked_count,
  rowCount: row.row_count,
  byteCount: row.byte_count,
  jobId: row.job_id,
  errorCode: row.error_code,
  requestedBy: row.requested_by,
  fetchedCount: row.fetched_count,
  createdAt: row.created_at.toISOString(),
  readyAt: row.ready_at?.toISOString() ?? null,
  expiresAt: row.expires_at?.toISOString() ?? null,
  mayFetch:
    row.state === 'ready' &&
    row.staff_id === caller.staffId &&
    row.expires_at !== null &&
    row.expires_at > now,
})

export const contentOf = (row: ExportRow): ExportContent => ({
  segment: row.segment,
  segmentName: row.segment_name,
  version: row.version,
  columns: row.columns.columns,
  language: row.columns.language,
  reason: row.reason,
  count: row.asked_count,
})

export async function insertExport(
  tx: PgRunner,
  segment: SegmentRow,
  content: ExportContent,
  caller: Caller,
  state: 'waiting' | 'queued',
  now: Date,
): Promise<ExportRow> {
  const columns = { columns: content.columns, language: content.language }
  const row = await tx.first<ExportRow>(sql`
    INSERT INTO segment_export AS x (segment, segment_name, version, columns, reason, state, asked_count, requested_by,
      staff_id, staff_no, owner_org_id, created_at)
    VALUES (${segment.key}, ${segment.name}, ${segment.version}, ${JSON.stringify(columns)}::jsonb, ${content.reason},
      ${state}, ${content.count}, ${caller.username}, ${caller.staffId}, ${caller.staffNo}, ${caller.homeOrgId},
      ${now}::timestamptz)
    RETURNING x.*`)
  if (!row) throw new Error('an export was not written')
  return row
}

const visible = (scope: OrgScope): Sql =>
  scope.everyone ? sql`true` : sql`x.owner_org_id = ANY(${[...scope.orgIds]}::int[])`

/** An export asked for by an org unit in scope. */
export const findExport = (pg: PgRunner, scope: OrgScope, exportId: number): Promise<ExportRow | undefined> =>
  pg.first<ExportRow>(
    sql`SELECT x.* FROM segment_export AS x WHERE x.export_id = ${exportId} AND ${visible(scope)}`,
  )

export const lockExport = (tx: PgRunner, exportId: number): Promise<ExportRow | undefined> =>
  tx.first<ExportRow>(sql`SELECT x.* FROM segment_export AS x WHERE x.export_id = ${exportId} FOR UPDATE`)

export const listExports = (
  pg: PgRunner,
  scope: OrgScope,
  key: string,
  page: { before: number | null; limit: number },
): Promise<ExportRow[]> =>
  pg.query<ExportRow>(sql`
    SELECT x.* FROM segment_export AS x
    WHERE x.segment = ${key} AND ${visible(scope)} AND (${page.before}::int IS NULL OR x.export_id < ${page.before}::int)
    ORDER BY x.export_id DESC LIMIT ${page.limit}`)

export const setExport = (pg: PgRunner, exportId: number, change: Sql): Promise<number> =>
  pg.execute(sql`UPDATE segment_export SET ${change} WHERE export_id = ${exportId}`)
