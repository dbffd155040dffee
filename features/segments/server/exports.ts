import type { Approvals, DecidedApproval } from '#features/approvals/server/index.ts'
import { contentHash } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import type { CreateExport, SegmentExport } from '#features/segments/common/segment-export.ts'
import { maySeeBalances } from '#features/segments/server/compare.ts'
import { readFileParts } from '#features/segments/server/export-file.ts'
import { createExportJob, exportableTags } from '#features/segments/server/export-job.ts'
import * as store from '#features/segments/server/export-store.ts'
import type { SegmentSettingsStore } from '#features/segments/server/segment-settings.ts'
import { findSegment } from '#features/segments/server/segment-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page, PageQuery } from '#platform/common/http.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type ExportDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  approvals: Pick<Approvals, 'define' | 'submit'>
  crypto: FieldCrypto
  jobs: Pick<Jobs, 'define' | 'enqueue'>
  rules: Pick<Rules, 'memberBitmapsSql' | 'count'>
  customers: Pick<Customers, 'names' | 'aum'>
  settings: Pick<SegmentSettingsStore, 'read'>
  findCaller: (staffId: number) => Promise<Caller | undefined>
}

const objectType = 'segment_export'
const hashOf = (content: store.ExportContent, ownerOrgId: number): string =>
  contentHash({ body: content, ownerOrgId, references: [] })

/** Files of a segment's members: asked for with a reason, approved above a size, made by a job, fetched by one person. */
export function createExports(deps: ExportDeps) {
  const { pg, clock, audit, approvals, jobs, rules, settings } = deps
  createExportJob(deps)

  const enqueue = (tx: PgRunner, row: store.ExportRow): Promise<string> =>
    jobs.enqueue('segment.export', { exportId: row.export_id }, row.requested_by, { tx })

  async function locked(tx: PgRunner, exportId: number): Promise<store.ExportRow> {
    const row = await store.lockExport(tx, exportId)
    if (!row) throw segmentError('EXPORT_NOT_FOUND', { exportId })
    return row
  }

  approvals.define(objectType, {
    nameOf: (body) => (body as store.ExportContent).segmentName,
    lock: (tx, key) => store.lockExport(tx, Number(key)),
    async currentHash({ key }: DecidedApproval, ownerOrgId) {
      const row = await pg.transaction((tx) => locked(tx, Number(key)))
      const segment = await findSegment(pg, row.segment)
      return hashOf({ ...store.contentOf(row), version: segment?.version ?? 0 }, ownerOrgId)
    },
    async onDecided(tx, { key }, outcome) {
      const row = await locked(tx, Number(key))
      const to = outcome === 'approve' ? 'queued' : 'rejected'
      const jobId = outcome === 'approve' ? await enqueue(tx, row) : null
      await store.setExport(tx, row.export_id, sql`state = ${to}, job_id = ${jobId}`)
      return { from: row.state, to }
    },
  })

  /** Refuses columns that do not exist or that the caller may not see of all these customers. */
  async function checkColumns(
    caller: Caller,
    scope: OrgScope,
    columns: CreateExport['columns'],
  ): Promise<void> {
    const { tags, unknown } = await exportableTags(pg, columns)
    if (unknown.length > 0) throw segmentError('EXPORT_TAG_UNKNOWN', { tags: unknown.join(', ') })
    if (maySeeBalances(caller, scope)) return
    const hidden = columns.filter(
      (column) =>
        column === 'aum' || (column.startsWith('tag:') && tags.get(column.slice(4))?.class === 'C2'),
    )
    if (hidden.length > 0) throw segmentError('EXPORT_BALANCES', { columns: hidden.join(', ') })
  }

  const submit = (tx: PgRunner, row: store.ExportRow, levels: 1 | 2) => {
    const body = store.contentOf(row)
    return approvals.submit(tx, {
      objectType,
      key: String(row.export_id),
      hash: hashOf(body, row.owner_org_id),
      material: { body, ownerOrgId: row.owner_org_id, references: [] },
      makers: [row.requested_by],
      summary: row.reason,
      maker: row.requested_by,
      levels,
    })
  }

  async function create(
    caller: Caller,
    scope: OrgScope,
    key: string,
    input: CreateExport,
  ): Promise<SegmentExport> {
    const segment = await findSegment(pg, key)
    if (!segment) throw segmentError('SEGMENT_NOT_FOUND', { key })
    await checkColumns(caller, scope, input.columns)
    const [{ count }, limits] = await Promise.all([rules.count(scope, segment.rule), settings.read()])
    const content = { ...input, count, segment: key, segmentName: segment.name, version: segment.version }
    const isLarge = count > limits.exportApprovalOver
    return pg.transaction(async (tx) => {
      const state = isLarge ? 'waiting' : 'queued'
      const row = await store.insertExport(tx, segment, content, caller, state, clock.now())
      const levels = count > limits.twoApprovalsOver ? 2 : 1
      const jobId = isLarge ? null : await enqueue(tx, row)
      if (isLarge) await submit(tx, row, levels)
      if (jobId) await store.setExport(tx, row.export_id, sql`job_id = ${jobId}`)
      await audit.record(tx, {
        actor: caller.username,
        action: 'segment.export',
        objectType: 'segment',
        objectId: key,
        after: { exportId: row.export_id, columns: input.columns, count, state },
        reason: input.reason,
      })
      return store.describeExport({ ...row, job_id: jobId }, caller, clock.now())
    })
  }

  /** Checks that the caller may fetch the file now, and writes down that they do. */
  async function takeFile(caller: Caller, exportId: number): Promise<store.ExportRow> {
    return pg.transaction(async (tx) => {
      const row = await locked(tx, exportId)
      if (row.staff_id !== caller.staffId) throw segmentError('EXPORT_NOT_YOURS', {})
      if (row.state !== 'ready' || !row.expires_at || row.expires_at <= clock.now())
        throw segmentError('EXPORT_NOT_READY', {
          exportId,
          state: row.state === 'ready' ? 'expired' : row.state,
        })
      await store.setExport(tx, exportId, sql`fetched_count = fetched_count + 1`)
      await audit.record(tx, {
        actor: caller.username,
        action: 'segment.export.fetch',
        objectType: 'segment',
        objectId: row.segment,
        after: { exportId, count: row.row_count, columns: row.columns.columns },
        reason: row.reason,
      })
      return row
    })
  }

  return {
    create,
    async list(caller: Caller, scope: OrgScope, key: string, query: PageQuery): Promise<Page<SegmentExport>> {
      const before = decodeCursor(query.cursor, 1)?.[0]
      const page = { before: before === undefined ? null : Number(before), limit: query.limit + 1 }
      return toPage(
        await store.listExports(pg, scope, key, page),
        query.limit,
        (row) => [row.export_id],
        (row) => store.describeExport(row, caller, clock.now()),
      )
    },
    async get(caller: Caller, scope: OrgScope, exportId: number): Promise<SegmentExport> {
      const row = await store.findExport(pg, scope, exportId)
      if (!row) throw segmentError('EXPORT_NOT_FOUND', { exportId })
      return store.describeExport(row, caller, clock.now())
    },
    /** The file, for whoever asked for it: its name and its pieces. */
    async file(caller: Caller, exportId: number) {
      const row = await takeFile(caller, exportId)
      return {
        name: `${row.segment}-${row.export_id}-${row.staff_no}.csv`,
        parts: readFileParts(deps, exportId),
      }
    },
    /** Removes files whose time is over; harmless to repeat. */
    async expire(): Promise<void> {
      await pg.execute(sql`
        WITH over AS (
          UPDATE segment_export SET state = 'expired'
          WHERE state = 'ready' AND expires_at <= ${clock.now()}::timestamptz RETURNING export_id)
        DELETE FROM segment_export_part AS p USING over WHERE p.export_id = over.export_id`)
    },
  }
}
