import type { z } from 'zod'
import type {
  Definition,
  EventState,
  PlanEvent,
  PlanEventQuery,
  PlanMode,
  SourceMode,
} from '#features/plan/common/plan.ts'
import { searchText } from '#features/plan/server/search-text.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type PlanRow = {
  key: string
  state: EventState
  version: number
  revision: number
  draft: Definition
  published: Definition | null
  has_changes: boolean
  created_by: string
  changed_by: string
  updated_at: Date
  published_at: Date | null
}

/** An event of the plan as the API shows it. */
export const describePlanEvent = (row: PlanRow): PlanEvent => ({
  key: row.key,
  state: row.state,
  version: row.version,
  revision: row.revision,
  draft: row.draft,
  published: row.published,
  hasChanges: row.has_changes,
  createdBy: row.created_by,
  changedBy: row.changed_by,
  updatedAt: row.updated_at.toISOString(),
  publishedAt: row.published_at?.toISOString() ?? null,
})

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`
const like = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
const columns = sql`e.key, e.state, e.version, e.revision, e.draft, e.published,
  e.draft IS DISTINCT FROM e.published AS has_changes, e.created_by, e.changed_by, e.updated_at, e.published_at`

export const findEvent = (pg: PgRunner, key: string): Promise<PlanRow | undefined> =>
  pg.first<PlanRow>(sql`SELECT ${columns} FROM plan_event AS e WHERE e.key = ${key}`)

/** Locks an event of the plan until the transaction ends. */
export const lockEvent = (tx: PgRunner, key: string): Promise<PlanRow | undefined> =>
  tx.first<PlanRow>(sql`SELECT ${columns} FROM plan_event AS e WHERE e.key = ${key} FOR UPDATE`)

export async function listEvents(pg: PgRunner, query: z.output<typeof PlanEventQuery>) {
  const { limit, cursor, q, state } = query
  const after = decodeCursor(cursor, 1)
  const rows = await pg.query<PlanRow>(sql`
    SELECT ${columns} FROM plan_event AS e
    WHERE (${q ?? null}::text IS NULL OR e.search LIKE ${like(q ?? '')})
      AND (${state ?? null}::text IS NULL OR e.state = ${state ?? null})
      AND (${after?.[0] ?? null}::text IS NULL OR e.key > ${after?.[0] ?? null}::text)
    ORDER BY e.key LIMIT ${limit + 1}`)
  return toPage(rows, limit, (row) => [row.key], describePlanEvent)
}

export const listAllEvents = (pg: PgRunner): Promise<PlanRow[]> =>
  pg.query<PlanRow>(sql`SELECT ${columns} FROM plan_event AS e ORDER BY e.key`)

/** Locks every event of the plan, in the one order. */
export const lockAllEvents = (tx: PgRunner): Promise<PlanRow[]> =>
  tx.query<PlanRow>(sql`SELECT ${columns} FROM plan_event AS e ORDER BY e.key FOR UPDATE`)

export const countEvents = async (pg: PgRunner): Promise<number> =>
  (await pg.first<{ count: number }>(sql`SELECT count(*) AS count FROM plan_event AS e`))?.count ?? 0

/** A state to write; the revision and the search text follow from it. */
export type PlanWrite = {
  key: string
  state: EventState
  version: number
  draft: Definition
  published: Definition | null
  isPublishing: boolean
}

/** Inserts or replaces events of the plan, however many, in one statement; gives them as they are now. */
export const writeEvents = (
  tx: PgRunner,
  writes: readonly PlanWrite[],
  by: string,
  now: Date,
): Promise<PlanRow[]> => {
  const rows = writes.map((write) => ({ ...write, search: searchText(write.key, write.draft) }))
  return tx.query<PlanRow>(sql`
    INSERT INTO plan_event AS e (key, state, version, draft, published, search, created_by, changed_by, created_at,
      updated_at, published_at)
    SELECT w.key, w.state, w.version, w.draft, nullif(w.published, 'null'::jsonb), w.search, ${by}, ${by},
      ${now}::timestamptz, ${now}::timestamptz, CASE WHEN w."isPublishing" THEN ${now}::timestamptz END
    FROM jsonb_to_recordset(${json(rows)}) AS w(key text, state text, version integer, draft jsonb, published jsonb,
      search text, "isPublishing" boolean)
    ORDER BY w.key
    ON CONFLICT (key) DO UPDATE SET state = excluded.state, version = excluded.version, draft = excluded.draft,
      published = excluded.published, search = excluded.search, changed_by = excluded.changed_by,
      updated_at = excluded.updated_at, published_at = coalesce(excluded.published_at, e.published_at),
      revision = e.revision + 1
    RETURNING ${columns}`)
}

/** Inserts a draft; undefined where the key is taken. */
export const insertEvent = (tx: PgRunner, key: string, draft: Definition, by: string, now: Date) =>
  tx.first<PlanRow>(sql`
    INSERT INTO plan_event AS e (key, draft, search, created_by, changed_by, created_at, updated_at)
    VALUES (${key}, ${json(draft)}, ${searchText(key, draft)}, ${by}, ${by}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO NOTHING RETURNING ${columns}`)

export const deleteEvent = (tx: PgRunner, key: string): Promise<number> =>
  tx.execute(sql`DELETE FROM plan_event WHERE key = ${key}`)

export const insertVersions = (
  tx: PgRunner,
  rows: readonly Pick<PlanRow, 'key' | 'version' | 'published'>[],
  about: { by: string; reason: string; now: Date },
): Promise<number> =>
  tx.execute(sql`
    INSERT INTO plan_event_version (key, version, definition, published_by, reason, at)
    SELECT w.key, w.version, w.definition, ${about.by}, ${about.reason}, ${about.now}::timestamptz
    FROM jsonb_to_recordset(${json(rows.map((row) => ({ key: row.key, version: row.version, definition: row.published })))})
      AS w(key text, version integer, definition jsonb)`)

type VersionRow = { version: number; definition: Definition; published_by: string; reason: string; at: Date }
export const listVersions = (pg: PgRunner, key: string): Promise<VersionRow[]> =>
  pg.query<VersionRow>(sql`
    SELECT v.version, v.definition, v.published_by, v.reason, v.at FROM plan_event_version AS v
    WHERE v.key = ${key} ORDER BY v.version DESC`)

export const moveHead = (tx: PgRunner): Promise<number> =>
  tx.execute(sql`UPDATE plan_head SET revision = revision + 1`)

export const readHead = async (pg: PgRunner): Promise<number> =>
  (await pg.first<{ revision: number }>(sql`SELECT h.revision FROM plan_head AS h`))?.revision ?? 0

type ModeRow = { source: string; mode: PlanMode; changed_by: string | null; changed_at: Date | null }
const describeMode = (row: ModeRow): SourceMode => ({
  source: row.source,
  mode: row.mode,
  changedBy: row.changed_by,
  changedAt: row.changed_at?.toISOString() ?? null,
})

/** Every source that may send, and those with a mode that no longer do. */
export const listModes = async (pg: PgRunner): Promise<SourceMode[]> => {
  const rows = await pg.query<ModeRow>(sql`
    SELECT s.source, coalesce(m.mode, 'observe') AS mode, m.changed_by, m.changed_at
    FROM (SELECT DISTINCT k.source FROM write_key AS k UNION SELECT p.source FROM plan_source_mode AS p) AS s
    LEFT JOIN plan_source_mode AS m ON m.source = s.source ORDER BY s.source`)
  return rows.map(describeMode)
}

export const isSource = async (pg: PgRunner, source: string): Promise<boolean> =>
  (await pg.first(sql`SELECT 1 FROM write_key AS k WHERE k.source = ${source} LIMIT 1`)) !== undefined

export const lockMode = async (tx: PgRunner, source: string): Promise<PlanMode> =>
  (
    await tx.first<{ mode: PlanMode }>(
      sql`SELECT m.mode FROM plan_source_mode AS m WHERE m.source = ${source} FOR UPDATE`,
    )
  )?.mode ?? 'observe'

export async function writeMode(tx: PgRunner, source: string, mode: PlanMode, by: string, now: Date) {
  const row = await tx.first<ModeRow>(sql`
    INSERT INTO plan_source_mode AS m (source, mode, changed_by, changed_at)
    VALUES (${source}, ${mode}, ${by}, ${now}::timestamptz)
    ON CONFLICT (source) DO UPDATE SET mode = excluded.mode, changed_by = excluded.changed_by,
      changed_at = excluded.changed_at
    RETURNING m.source, m.mode, m.changed_by, m.changed_at`)
  return describeMode(row as ModeRow)
}
