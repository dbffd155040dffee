import type { CreateList, ListUpload } from '#features/lists/common/list.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type ListRow = {
  key: string
  name: string
  description: string
  version: number
  member_count: number
  owner_org_id: number
  created_by: string
  updated_at: Date
}
export type UploadRow = {
  list_key: string
  version: number
  file_name: string
  state: ListUpload['state']
  job_id: string | null
  scope: OrgScope
  row_count: number
  member_count: number
  duplicate_count: number
  reject_count: number
  sha256: string | null
  uploaded_by: string
  uploaded_at: Date
  ended_at: Date | null
}

export const describeUpload = (row: UploadRow): ListUpload => ({
  version: row.version,
  fileName: row.file_name,
  state: row.state,
  jobId: row.job_id,
  rows: Number(row.row_count),
  members: Number(row.member_count),
  duplicates: Number(row.duplicate_count),
  rejects: Number(row.reject_count),
  sha256: row.sha256,
  uploadedBy: row.uploaded_by,
  uploadedAt: row.uploaded_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
})

export const findList = (pg: PgRunner, key: string): Promise<ListRow | undefined> =>
  pg.first<ListRow>(sql`SELECT l.* FROM customer_list AS l WHERE l.key = ${key} AND l.state = 'active'`)

export const lockList = (tx: PgRunner, key: string): Promise<ListRow | undefined> =>
  tx.first<ListRow>(
    sql`SELECT l.* FROM customer_list AS l WHERE l.key = ${key} AND l.state = 'active' FOR UPDATE`,
  )

export const pageOfLists = (pg: PgRunner, after: string | null, limit: number): Promise<ListRow[]> =>
  pg.query<ListRow>(sql`
    SELECT l.* FROM customer_list AS l
    WHERE l.state = 'active' AND (${after}::text IS NULL OR l.key > ${after}::text) ORDER BY l.key LIMIT ${limit}`)

type Maker = { username: string; homeOrgId: number }

/** Writes a list, or a deleted one's key anew; undefined where the key is taken. */
export const insertList = (
  tx: PgRunner,
  list: CreateList,
  maker: Maker,
  now: Date,
): Promise<ListRow | undefined> =>
  tx.first<ListRow>(sql`
    INSERT INTO customer_list AS l (key, name, description, owner_org_id, created_by, created_at, updated_at)
    VALUES (${list.key}, ${list.name}, ${list.description}, ${maker.homeOrgId}, ${maker.username}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, description = excluded.description, version = 0, member_count = 0,
      owner_org_id = excluded.owner_org_id, created_by = excluded.created_by, state = 'active',
      created_at = excluded.created_at, updated_at = excluded.updated_at
      WHERE l.state = 'retired'
    RETURNING l.*`)

export const updateList = (tx: PgRunner, key: string, to: { name: string; description: string }, now: Date) =>
  tx.first<ListRow>(sql`
    UPDATE customer_list AS l SET name = ${to.name}, description = ${to.description}, updated_at = ${now}::timestamptz
    WHERE l.key = ${key} RETURNING l.*`)

export const retireList = (tx: PgRunner, key: string, now: Date): Promise<number> =>
  tx.execute(
    sql`UPDATE customer_list SET state = 'retired', updated_at = ${now}::timestamptz WHERE key = ${key}`,
  )

export const listUploads = (pg: PgRunner, key: string): Promise<UploadRow[]> =>
  pg.query<UploadRow>(sql`
    SELECT u.* FROM list_upload AS u WHERE u.list_key = ${key} ORDER BY u.version DESC LIMIT 100`)

export const findUpload = (pg: PgRunner, key: string, version: number): Promise<UploadRow | undefined> =>
  pg.first<UploadRow>(
    sql`SELECT u.* FROM list_upload AS u WHERE u.list_key = ${key} AND u.version = ${version}`,
  )

/** Announces an upload under the next version. */
export async function beginUpload(
  tx: PgRunner,
  upload: { key: string; fileName: string; scope: OrgScope; by: string },
  now: Date,
): Promise<number> {
  const row = await tx.first<{ version: number }>(sql`
    INSERT INTO list_upload (list_key, version, file_name, state, scope, uploaded_by, uploaded_at)
    SELECT ${upload.key}, coalesce(max(u.version), 0) + 1, ${upload.fileName}, 'receiving', ${JSON.stringify(upload.scope)}::jsonb,
      ${upload.by}, ${now}::timestamptz
    FROM list_upload AS u WHERE u.list_key = ${upload.key} RETURNING version`)
  return row?.version ?? 0
}

export const failUpload = (pg: PgRunner, key: string, version: number, now: Date): Promise<number> =>
  pg.execute(sql`
    UPDATE list_upload SET state = 'failed', ended_at = ${now}::timestamptz
    WHERE list_key = ${key} AND version = ${version} AND state IN ('receiving', 'queued')`)

export type RejectRow = { line: number; customer_no: string; value: string; reason: string }
const rejectsAtOnce = 10_000

/** Lines that named nobody, batch by batch. */
export async function* streamRejects(
  pg: PgRunner,
  key: string,
  version: number,
): AsyncGenerator<RejectRow[]> {
  let after = 0
  for (;;) {
    const rows = await pg.query<RejectRow>(sql`
      SELECT l.line, l.customer_no, l.value, l.reason FROM list_line AS l
      WHERE l.list_key = ${key} AND l.version = ${version} AND l.line > ${after} AND l.reason IS NOT NULL AND l.reason <> 'DUPLICATE'
      ORDER BY l.line LIMIT ${rejectsAtOnce}`)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = Number(last.line)
  }
}

/** Lets members that were found by a query count. */
export async function publishKept(
  tx: PgRunner,
  key: string,
  version: number,
  members: number,
  now: Date,
): Promise<void> {
  await tx.execute(sql`
    UPDATE customer_list SET version = ${version}, member_count = ${members}, updated_at = ${now}::timestamptz
    WHERE key = ${key} AND state = 'active' AND version < ${version}`)
  await tx.execute(sql`
    UPDATE list_upload SET state = 'done', row_count = ${members}, member_count = ${members}, ended_at = ${now}::timestamptz
    WHERE list_key = ${key} AND version = ${version}`)
}
