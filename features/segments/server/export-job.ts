import { segmentError } from '#features/segments/common/segment-errors.ts'
import { maySeeBalances } from '#features/segments/server/compare.ts'
import { createFileWriter } from '#features/segments/server/export-file.ts'
import { type ExportTag, exportLines, headerLine } from '#features/segments/server/export-rows.ts'
import type { ExportRow } from '#features/segments/server/export-store.ts'
import { lockExport, setExport } from '#features/segments/server/export-store.ts'
import type { ExportDeps } from '#features/segments/server/exports.ts'
import {
  freezeMembers,
  frozenBitmapsSql,
  idsOf,
  thawMembers,
} from '#features/segments/server/member-bitmaps.ts'
import { findSegment } from '#features/segments/server/segment-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import { AppError } from '#platform/common/errors.ts'
import { sql } from '#platform/common/sql.ts'
import type { JobContext } from '#platform/server/jobs.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Customers written at a time: what is held in memory does not grow with the segment. */
const batch = 5000
/** Members frozen for a file lie beside snapshots, whose numbers stay below this. */
const firstFrozenId = 2 ** 31
/** What was approved may grow by this much before it needs another approval. */
const growth = 1.1

type Tag = ExportTag & { class: 'C1' | 'C2' }

/** The tags among some columns that have values, and those that have none. */
export async function exportableTags(
  pg: PgRunner,
  columns: readonly string[],
): Promise<{ tags: Map<string, Tag>; unknown: string[] }> {
  const keys = columns.flatMap((column) => (column.startsWith('tag:') ? [column.slice(4)] : []))
  const rows = await pg.query<{
    key: string
    name: Tag['name']
    class: Tag['class']
    refresh_id: number
    has_recent: boolean
  }>(sql`
    SELECT t.key, t.name, t.class, t.refresh_id, t.has_recent FROM tag AS t
    WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active' AND t.refresh_id IS NOT NULL`)
  const tags = new Map(
    rows.map((row) => [
      row.key,
      {
        key: row.key,
        name: row.name,
        class: row.class,
        refreshId: row.refresh_id,
        hasRecent: row.has_recent,
      },
    ]),
  )
  return { tags, unknown: keys.filter((key) => !tags.has(key)) }
}

/** Writes the file of an export: frozen first, so that all of it is of one moment, then customer by customer. */
export function createExportJob(deps: ExportDeps): void {
  const { pg, ch, clock, audit, jobs, rules, customers, settings } = deps

  /** Whoever asked, with the rights they have now. */
  async function requester(row: ExportRow): Promise<{ caller: Caller; scope: OrgScope }> {
    const caller = await deps.findCaller(row.staff_id)
    if (!caller?.permissions.has('segment.export')) throw segmentError('SEGMENT_REQUESTER_GONE', {})
    return { caller, scope: caller.scopeOf('segment.export') }
  }

  async function tagsOf(row: ExportRow, caller: Caller, scope: OrgScope): Promise<Map<string, Tag>> {
    const { columns } = row.columns
    const { tags, unknown } = await exportableTags(pg, columns)
    if (unknown.length > 0) throw segmentError('EXPORT_TAG_UNKNOWN', { tags: unknown.join(', ') })
    const hasC2 = columns.includes('aum') || [...tags.values()].some((tag) => tag.class === 'C2')
    if (hasC2 && !maySeeBalances(caller, scope))
      throw segmentError('EXPORT_BALANCES', { columns: columns.join(', ') })
    return tags
  }

  /** Freezes who is in it now; more than was asked or approved for is refused. */
  async function freeze(row: ExportRow, scope: OrgScope): Promise<number> {
    const segment = await findSegment(pg, row.segment)
    if (!segment) throw segmentError('SEGMENT_NOT_FOUND', { key: row.segment })
    const bitmaps = await rules.memberBitmapsSql(scope, segment.rule)
    const now = await freezeMembers(ch, firstFrozenId + row.export_id, bitmaps)
    const { exportApprovalOver } = await settings.read()
    const allowed = row.asked_count > exportApprovalOver ? row.asked_count * growth : exportApprovalOver
    if (segment.version !== row.version || now > Math.max(allowed, row.asked_count))
      throw segmentError('EXPORT_GREW', { asked: row.asked_count, now })
    return now
  }

  async function writeFile(row: ExportRow, progress: JobContext['progress']) {
    const { caller, scope } = await requester(row)
    const tags = await tagsOf(row, caller, scope)
    const total = await freeze(row, scope)
    const { columns, language } = row.columns
    const writer = createFileWriter({ pg, crypto: deps.crypto, exportId: row.export_id })
    await writer.start()
    // Spreadsheets read Chinese only behind this mark.
    await writer.write(`\uFEFF${headerLine(columns, tags, language)}`)
    const watermark = `${row.staff_no} #${row.export_id} ${clock.now().toISOString()}`
    const frozen = frozenBitmapsSql(firstFrozenId + row.export_id)
    let written = 0
    for (let after = 0; ; ) {
      const ids = await idsOf(ch, frozen, { after, limit: batch })
      const last = ids.at(-1)
      if (last === undefined) break
      const lines = await exportLines({ ch, customers, scope, columns, tags, watermark }, ids)
      await writer.write(lines.text)
      written += lines.count
      after = last
      await progress(Math.min(0.99, written / Math.max(1, total)))
    }
    return { count: written, bytes: await writer.end() }
  }

  async function finish(row: ExportRow, made: { count: number; bytes: number }): Promise<void> {
    const { exportHours } = await settings.read()
    await pg.transaction(async (tx) => {
      await setExport(
        tx,
        row.export_id,
        sql`state = 'ready', row_count = ${made.count}, byte_count = ${made.bytes}, ready_at = ${clock.now()}::timestamptz,
          expires_at = ${clock.now()}::timestamptz + make_interval(hours => ${exportHours}::int)`,
      )
      await audit.record(tx, {
        actor: row.requested_by,
        action: 'segment.export.made',
        objectType: 'segment',
        objectId: row.segment,
        after: { exportId: row.export_id, count: made.count, columns: row.columns.columns },
        reason: row.reason,
      })
    })
  }

  jobs.define('segment.export', async ({ exportId }: { exportId: number }, { progress }: JobContext) => {
    const row = await pg.transaction(async (tx) => {
      const found = await lockExport(tx, exportId)
      if (found && (found.state === 'queued' || found.state === 'running'))
        await setExport(tx, exportId, sql`state = 'running'`)
      return found
    })
    if (!row || (row.state !== 'queued' && row.state !== 'running')) return { exportId }
    try {
      const made = await writeFile(row, progress)
      await finish(row, made)
      return { exportId, count: made.count }
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'INTERNAL'
      await setExport(pg, exportId, sql`state = 'failed', error_code = ${code}`)
      throw error
    } finally {
      await thawMembers(ch, firstFrozenId + row.export_id)
    }
  })
}
