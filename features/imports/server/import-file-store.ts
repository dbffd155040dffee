import type { ImportedFile } from '#features/imports/common/import.ts'
import type { Page, PageQuery } from '#platform/common/http.ts'
import { sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Where an import of one file stands. */
export type FileState = {
  state: 'running' | 'done'
  rowsDone: number
  rowsRejected: number
  rowsSkipped: number
  rejectsPath: string | null
  rejectsBytes: number
}
export type FileKey = { mappingHash: string; fileHash: string }

type FileRow = {
  mapping_name: string
  file_name: string
  file_hash: string
  state: 'running' | 'done'
  rows_done: number
  rows_rejected: number
  rows_skipped: number
  rejects_path: string | null
  rejects_bytes: number
  started_by: string
  started_at: Date
  ended_at: Date | null
}

const describe = (row: FileRow): ImportedFile => ({
  fileName: row.file_name,
  mapping: row.mapping_name,
  state: row.state,
  rows: row.rows_done,
  imported: row.rows_done - row.rows_rejected - row.rows_skipped,
  skipped: row.rows_skipped,
  rejected: row.rows_rejected,
  startedBy: row.started_by,
  startedAt: row.started_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
})

/** How far the import of each file is, so that one that was cut off goes on where it was. */
export function createImportFileStore({ pg }: { pg: Postgres }) {
  const isFile = (key: FileKey) => sql`f.mapping_hash = ${key.mappingHash} AND f.file_hash = ${key.fileHash}`
  return {
    async find(key: FileKey): Promise<FileState | undefined> {
      const row = await pg.first<FileRow>(sql`SELECT f.* FROM import_file AS f WHERE ${isFile(key)}`)
      return (
        row && {
          state: row.state,
          rowsDone: row.rows_done,
          rowsRejected: row.rows_rejected,
          rowsSkipped: row.rows_skipped,
          rejectsPath: row.rejects_path,
          rejectsBytes: row.rejects_bytes,
        }
      )
    },
    /** Begins a file from its first row. */
    async begin(key: FileKey, file: { mapping: string; name: string; by: string; at: Date }): Promise<void> {
      await pg.execute(sql`
        INSERT INTO import_file (mapping_hash, file_hash, mapping_name, file_name, state, started_by, started_at)
        VALUES (${key.mappingHash}, ${key.fileHash}, ${file.mapping}, ${file.name}, 'running', ${file.by}, ${file.at}::timestamptz)
        ON CONFLICT (mapping_hash, file_hash) DO UPDATE
          SET state = 'running', rows_done = 0, rows_rejected = 0, rows_skipped = 0, rejects_path = NULL, rejects_bytes = 0,
            started_by = excluded.started_by, started_at = excluded.started_at, ended_at = NULL`)
    },
    async save(key: FileKey, state: FileState, endedAt: Date | null): Promise<void> {
      await pg.execute(sql`
        UPDATE import_file AS f
        SET state = ${state.state}, rows_done = ${state.rowsDone}::bigint, rows_rejected = ${state.rowsRejected}::bigint,
          rows_skipped = ${state.rowsSkipped}::bigint, rejects_path = ${state.rejectsPath},
          rejects_bytes = ${state.rejectsBytes}::bigint, ended_at = ${endedAt}::timestamptz
        WHERE ${isFile(key)}`)
    },
    async list(page: PageQuery): Promise<Page<ImportedFile>> {
      const after = decodeCursor(page.cursor, 2)
      const rows = await pg.query<FileRow>(sql`
        SELECT f.* FROM import_file AS f
        WHERE ${after === undefined}::boolean
          OR (f.started_at, f.file_hash) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::text)
        ORDER BY f.started_at DESC, f.file_hash DESC LIMIT ${page.limit + 1}`)
      return toPage(rows, page.limit, (row) => [row.started_at.toISOString(), row.file_hash], describe)
    },
  }
}
