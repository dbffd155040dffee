import type { z } from 'zod'
import type { CreateModel, Model, ModelDefinition, ModelQuery } from '#features/models/common/model.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type ModelRow = {
  key: string
  version: number
  name: string
  kind: Model['kind']
  owner: string
  purpose: string
  metrics: string
  state: Model['state']
  definition: ModelDefinition
  sha256: string | null
  file_name: string | null
  file_bytes: number | null
  created_by: string
  created_at: Date
  approved_by: string | null
  approved_at: Date | null
  retired_by: string | null
  retired_at: Date | null
}

const columns: Sql = sql`m.key, m.version, m.name, m.kind, m.owner, m.purpose, m.metrics, m.state, m.definition, m.sha256,
  m.file_name, octet_length(m.file) AS file_bytes, m.created_by, m.created_at, m.approved_by, m.approved_at, m.retired_by, m.retired_at`

/** A version as the API shows it. */
export const describeModel = (row: ModelRow): Model => ({
  key: row.key,
  version: row.version,
  name: row.name,
  kind: row.kind,
  owner: row.owner,
  purpose: row.purpose,
  metrics: row.metrics,
  state: row.state,
  definition: row.definition,
  sha256: row.sha256,
  fileName: row.file_name,
  fileBytes: row.file_bytes,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  approvedBy: row.approved_by,
  approvedAt: row.approved_at?.toISOString() ?? null,
  retiredBy: row.retired_by,
  retiredAt: row.retired_at?.toISOString() ?? null,
})

export async function listModels(pg: PgRunner, { limit, cursor }: z.output<typeof ModelQuery>) {
  const after = decodeCursor(cursor, 1)?.[0] ?? null
  const rows = await pg.query<ModelRow>(sql`
    SELECT DISTINCT ON (m.key) ${columns} FROM model AS m WHERE ${after}::text IS NULL OR m.key > ${after}::text
    ORDER BY m.key, m.state <> 'approved', m.version DESC LIMIT ${limit + 1}`)
  return toPage(rows, limit, (row) => [row.key], describeModel)
}

export const listVersions = (pg: PgRunner, key: string): Promise<ModelRow[]> =>
  pg.query<ModelRow>(sql`SELECT ${columns} FROM model AS m WHERE m.key = ${key} ORDER BY m.version DESC`)

export const findApproved = (pg: PgRunner, key: string): Promise<ModelRow | undefined> =>
  pg.first<ModelRow>(sql`SELECT ${columns} FROM model AS m WHERE m.key = ${key} AND m.state = 'approved'`)

/** Locks a version until the transaction ends. */
export const lockVersion = (tx: PgRunner, key: string, version: number): Promise<ModelRow | undefined> =>
  tx.first<ModelRow>(sql`
    SELECT ${columns} FROM model AS m WHERE m.key = ${key} AND m.version = ${version} FOR UPDATE`)

export async function readFile(pg: PgRunner, key: string, version: number): Promise<Buffer | undefined> {
  const row = await pg.first<{ file: Buffer | null }>(sql`
    SELECT m.file FROM model AS m WHERE m.key = ${key} AND m.version = ${version}`)
  return row?.file ?? undefined
}

/** Writes a version; undefined where that number is taken. */
export const insertVersion = (
  tx: PgRunner,
  model: CreateModel & { version: number },
  by: string,
  now: Date,
): Promise<ModelRow | undefined> =>
  tx.first<ModelRow>(sql`
    INSERT INTO model AS m (key, version, name, kind, owner, purpose, metrics, definition, created_by, created_at, updated_at)
    VALUES (${model.key}, ${model.version}, ${model.name}, ${model.kind}, ${model.owner}, ${model.purpose}, ${model.metrics},
      ${JSON.stringify(model.definition)}::jsonb, ${by}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT DO NOTHING RETURNING ${columns}`)

export const nextVersion = async (tx: PgRunner, key: string): Promise<number> => {
  const row = await tx.first<{ version: number | null }>(
    sql`SELECT max(m.version) AS version FROM model AS m WHERE m.key = ${key}`,
  )
  return (row?.version ?? 0) + 1
}

export const writeFile = (
  tx: PgRunner,
  { key, version }: ModelRow,
  file: { bytes: Buffer; sha256: string; name: string },
  now: Date,
) =>
  tx.first<ModelRow>(sql`
    UPDATE model AS m SET file = ${file.bytes}::bytea, sha256 = ${file.sha256}, file_name = ${file.name}, updated_at = ${now}::timestamptz
    WHERE m.key = ${key} AND m.version = ${version} RETURNING ${columns}`)

/** The version that scored so far retires. */
export async function approve(tx: PgRunner, { key, version }: ModelRow, by: string, now: Date) {
  await tx.execute(sql`
    UPDATE model SET state = 'retired', retired_by = ${by}, retired_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
    WHERE key = ${key} AND state = 'approved'`)
  return tx.first<ModelRow>(sql`
    UPDATE model AS m SET state = 'approved', approved_by = ${by}, approved_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
    WHERE m.key = ${key} AND m.version = ${version} RETURNING ${columns}`)
}

export const retire = (tx: PgRunner, { key, version }: ModelRow, by: string, now: Date) =>
  tx.first<ModelRow>(sql`
    UPDATE model AS m SET state = 'retired', retired_by = ${by}, retired_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
    WHERE m.key = ${key} AND m.version = ${version} RETURNING ${columns}`)
