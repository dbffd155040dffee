import type { z } from 'zod'
import type { ChangeTag, CreateTag, Tag, TagQuery } from '#features/tags/common/tag.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type TagRow = {
  key: string
  name: Tag['name']
  type: Tag['type']
  source: Tag['source']
  class: Tag['class']
  description: string
  owner_org_id: number
  created_by: string
  version: number
  refresh_every_minutes: number | null
  refresh_id: number | null
  refreshed_at: Date | null
  coverage: number | null
  unreadable: number | null
  has_bitmaps: boolean
  last_attempt_at: Date | null
  last_error: string | null
  state: 'active' | 'retired'
  updated_at: Date
}

/** A tag as the API shows it. */
export const describeTag = (row: TagRow): Tag => ({
  key: row.key,
  name: row.name,
  type: row.type,
  source: row.source,
  class: row.class,
  description: row.description,
  ownerOrgId: row.owner_org_id,
  createdBy: row.created_by,
  version: row.version,
  refreshEveryMinutes: row.refresh_every_minutes,
  refreshedAt: row.refreshed_at?.toISOString() ?? null,
  coverage: row.coverage,
  unreadable: row.unreadable,
  lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
  lastError: row.last_error,
  updatedAt: row.updated_at.toISOString(),
})

/** What one may change of a tag: what a version keeps. */
export const definitionOf = (row: TagRow): ChangeTag => ({
  name: row.name,
  type: row.type,
  source: row.source,
  class: row.class,
  description: row.description,
  refreshEveryMinutes: row.refresh_every_minutes,
})

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`

export const findTag = (pg: PgRunner, key: string): Promise<TagRow | undefined> =>
  pg.first<TagRow>(sql`SELECT t.* FROM tag AS t WHERE t.key = ${key} AND t.state = 'active'`)

export const findTags = (pg: PgRunner, keys: readonly string[]): Promise<TagRow[]> =>
  pg.query<TagRow>(sql`SELECT t.* FROM tag AS t WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active'`)

/** Locks a tag until the transaction ends; also one that was deleted. */
export const lockTag = (tx: PgRunner, key: string): Promise<TagRow | undefined> =>
  tx.first<TagRow>(sql`SELECT t.* FROM tag AS t WHERE t.key = ${key} FOR UPDATE`)

const like = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

export async function listTags(pg: PgRunner, { limit, cursor, q, type }: z.output<typeof TagQuery>) {
  const after = decodeCursor(cursor, 1)
  const rows = await pg.query<TagRow>(sql`
    SELECT t.* FROM tag AS t
    WHERE t.state = 'active'
      AND (${q ?? null}::text IS NULL OR t.key ILIKE ${like(q ?? '')} OR t.name::text ILIKE ${like(q ?? '')})
      AND (${type ?? null}::text IS NULL OR t.type = ${type ?? null})
      AND (${after?.[0] ?? null}::text IS NULL OR t.key > ${after?.[0] ?? null}::text)
    ORDER BY t.key LIMIT ${limit + 1}`)
  return toPage(rows, limit, (row) => [row.key], describeTag)
}

type Maker = { username: string; homeOrgId: number }

/** Writes a new tag, or a deleted one's key anew; undefined where the key is taken. */
export const insertTag = (
  tx: PgRunner,
  tag: CreateTag,
  maker: Maker,
  now: Date,
): Promise<TagRow | undefined> =>
  tx.first<TagRow>(sql`
    INSERT INTO tag AS t (key, name, type, source, class, description, owner_org_id, created_by, refresh_every_minutes,
      created_at, updated_at)
    VALUES (${tag.key}, ${json(tag.name)}, ${tag.type}, ${json(tag.source)}, ${tag.class}, ${tag.description},
      ${maker.homeOrgId}, ${maker.username}, ${tag.refreshEveryMinutes}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, type = excluded.type, source = excluded.source,
      class = excluded.class, description = excluded.description, owner_org_id = excluded.owner_org_id,
      created_by = excluded.created_by, refresh_every_minutes = excluded.refresh_every_minutes, state = 'active',
      version = t.version + 1, refresh_id = NULL, refreshed_at = NULL, coverage = NULL, unreadable = NULL,
      has_bitmaps = false, last_attempt_at = NULL, last_error = NULL, updated_at = excluded.updated_at
      WHERE t.state = 'retired'
    RETURNING t.*`)

/** Writes a new version; values of another source or type no longer count. */
export const updateTag = (tx: PgRunner, key: string, tag: ChangeTag, areValuesKept: boolean, now: Date) =>
  tx.first<TagRow>(sql`
    UPDATE tag AS t SET name = ${json(tag.name)}, type = ${tag.type}, source = ${json(tag.source)}, class = ${tag.class},
      description = ${tag.description}, refresh_every_minutes = ${tag.refreshEveryMinutes}, version = t.version + 1,
      updated_at = ${now}::timestamptz,
      refresh_id = CASE WHEN ${areValuesKept} THEN t.refresh_id END,
      refreshed_at = CASE WHEN ${areValuesKept} THEN t.refreshed_at END,
      coverage = CASE WHEN ${areValuesKept} THEN t.coverage END,
      unreadable = CASE WHEN ${areValuesKept} THEN t.unreadable END,
      has_bitmaps = ${areValuesKept} AND t.has_bitmaps,
      last_error = CASE WHEN ${areValuesKept} THEN t.last_error END
    WHERE t.key = ${key} RETURNING t.*`)

export const retireTag = (tx: PgRunner, key: string, now: Date): Promise<number> =>
  tx.execute(sql`
    UPDATE tag SET state = 'retired', updated_at = ${now}::timestamptz WHERE key = ${key} AND state = 'active'`)

export const insertVersion = (tx: PgRunner, row: TagRow, by: string, now: Date): Promise<number> =>
  tx.execute(sql`
    INSERT INTO tag_version (key, version, definition, changed_by, at)
    VALUES (${row.key}, ${row.version}, ${json(definitionOf(row))}, ${by}, ${now}::timestamptz)`)

export async function listVersions(pg: PgRunner, key: string) {
  const rows = await pg.query<{ version: number; definition: unknown; changed_by: string; at: Date }>(sql`
    SELECT v.version, v.definition, v.changed_by, v.at FROM tag_version AS v
    WHERE v.key = ${key} ORDER BY v.version DESC`)
  return rows.map((row) => ({
    version: row.version,
    definition: row.definition,
    changedBy: row.changed_by,
    at: row.at.toISOString(),
  }))
}

const usePaths = {
  tag: '$.rule.**.tag ? (@ == $key)',
  segment: '$.rule.**.segment ? (@ == $key)',
  event: '$.** ? (@.did == $key || @.event == $key)',
} as const

/** Tags whose rule names this tag or segment, or whose source names this event. */
export const listTagsUsing = (pg: PgRunner, kind: keyof typeof usePaths, key: string) =>
  pg.query<{ key: string; name: Tag['name'] }>(sql`
    SELECT t.key, t.name FROM tag AS t
    WHERE t.state = 'active' AND t.key <> ${kind === 'tag' ? key : ''}
      AND jsonb_path_exists(t.source, ${usePaths[kind]}::jsonpath,
        jsonb_build_object('key', ${key}::text))
    ORDER BY t.key`)
