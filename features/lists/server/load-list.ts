import type { Audit } from '#features/audit/server/index.ts'
import { listError } from '#features/lists/common/list-errors.ts'
import { findUpload, type UploadRow } from '#features/lists/server/list-store.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'
import { postgresScope } from '#platform/server/scope-sql.ts'

const atOnce = 50_000
const columns = [
  { name: 'list', type: 'String' },
  { name: 'version', type: 'UInt32' },
  { name: 'customer_id', type: 'UInt32' },
  { name: 'value', type: 'String' },
]

const ofUpload = ({ list_key, version }: UploadRow): Sql =>
  sql`l.list_key = ${list_key} AND l.version = ${version}`

/** The customer a line names, in the sender's scope; one that was merged is the one it became. */
const named = (upload: UploadRow): Sql => sql`
  customer AS n ON n.customer_no = l.customer_no
  LEFT JOIN customer_home AS h ON h.customer_id = n.customer_id
  JOIN customer AS c ON c.customer_id = coalesce(h.home_id, n.customer_id) AND ${postgresScope(upload.scope, 'c')}`

/** Says of each line that names nobody, or somebody named before, that it does. */
async function markLines(tx: PgRunner, upload: UploadRow): Promise<void> {
  await tx.execute(sql`ANALYZE list_line`)
  await tx.execute(sql`
    UPDATE list_line AS l SET reason = CASE WHEN d.customer_id IS NULL THEN 'UNKNOWN' ELSE 'DUPLICATE' END
    FROM (
      SELECT l.line, m.customer_id, row_number() OVER (PARTITION BY m.customer_id ORDER BY l.line) AS turn
      FROM list_line AS l
      LEFT JOIN (SELECT l.line, c.customer_id FROM list_line AS l JOIN ${named(upload)} WHERE ${ofUpload(upload)} AND l.reason IS NULL) AS m
        ON m.line = l.line
      WHERE ${ofUpload(upload)} AND l.reason IS NULL) AS d
    WHERE ${ofUpload(upload)} AND l.line = d.line AND (d.customer_id IS NULL OR d.turn > 1)`)
}

type Member = { line: number; customer_id: number; value: string }

async function writeMembers(
  deps: { pg: Postgres; ch: ClickHouse },
  upload: UploadRow,
  progress: (fraction: number) => Promise<void>,
): Promise<void> {
  const writer = createRowBinaryWriter()
  let after = 0
  for (;;) {
    const rows = await deps.pg.query<Member>(sql`
      SELECT l.line, c.customer_id, l.value
      FROM (SELECT l.* FROM list_line AS l WHERE ${ofUpload(upload)} AND l.reason IS NULL AND l.line > ${after}
            ORDER BY l.line LIMIT ${atOnce}) AS l
      JOIN ${named(upload)} ORDER BY l.line`)
    const last = rows.at(-1)
    if (!last) return
    for (const { customer_id, value } of rows) {
      writer.string(upload.list_key)
      writer.uint32(upload.version)
      writer.uint32(Number(customer_id))
      writer.string(value)
    }
    await deps.ch.insertBinary('list_member', columns, writer.take(), { lane: 'load' })
    after = Number(last.line)
    await progress(0.2 + (0.75 * after) / Math.max(after, Number(upload.row_count)))
  }
}

type Counted = { members: number; duplicates: number; rejects: number }

/**
 * Lets the new members count, all at once; an upload that came later stays. A file that names nobody we know is a mistake:
 * the list keeps its members.
 */
async function publish(
  tx: PgRunner,
  deps: { audit: Audit; clock: Clock },
  upload: UploadRow,
): Promise<Counted & { isCurrent: boolean }> {
  const now = deps.clock.now()
  const counted = await tx.first<Counted>(sql`
    SELECT count(*) FILTER (WHERE l.reason IS NULL) AS members, count(*) FILTER (WHERE l.reason = 'DUPLICATE') AS duplicates,
      count(*) FILTER (WHERE l.reason <> 'DUPLICATE') AS rejects FROM list_line AS l WHERE ${ofUpload(upload)}`)
  const counts = {
    members: Number(counted?.members ?? 0),
    duplicates: Number(counted?.duplicates ?? 0),
    rejects: Number(counted?.rejects ?? 0),
  }
  const moved = await tx.execute(sql`
    UPDATE customer_list SET version = ${upload.version}, member_count = ${counts.members}, updated_at = ${now}::timestamptz
    WHERE key = ${upload.list_key} AND state = 'active' AND version < ${upload.version} AND ${counts.members}::bigint > 0`)
  await tx.execute(sql`
    UPDATE list_upload SET state = CASE WHEN ${counts.members}::bigint > 0 THEN 'done' ELSE 'failed' END, member_count = ${counts.members}, duplicate_count = ${counts.duplicates},
      reject_count = ${counts.rejects}, ended_at = ${now}::timestamptz
    WHERE list_key = ${upload.list_key} AND version = ${upload.version}`)
  await tx.execute(
    sql`DELETE FROM list_line AS l WHERE ${ofUpload(upload)} AND (l.reason IS NULL OR l.reason = 'DUPLICATE')`,
  )
  await deps.audit.record(tx, {
    actor: upload.uploaded_by,
    action: 'list.load',
    objectType: 'list',
    objectId: upload.list_key,
    after: { version: upload.version, ...counts, sha256: upload.sha256 },
  })
  return { ...counts, isCurrent: moved > 0 }
}

/**
 * Makes the lines of an upload the members of its list. Cut off anywhere it runs again from its start: marks and members
 * are the same again, and the list shows its old members until the last step.
 */
export async function loadList(
  deps: { pg: Postgres; ch: ClickHouse; audit: Audit; clock: Clock },
  input: { key: string; version: number },
  progress: (fraction: number) => Promise<void>,
) {
  const upload = await findUpload(deps.pg, input.key, input.version)
  if (!upload) throw listError('LIST_UPLOAD_NOT_FOUND', input)
  if (upload.state !== 'queued') return { members: Number(upload.member_count) }
  await deps.pg.transaction((tx) => markLines(tx, upload))
  await progress(0.2)
  await writeMembers(deps, upload, progress)
  return deps.pg.transaction((tx) => publish(tx, deps, upload))
}
