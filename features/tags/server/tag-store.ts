import type { z } from 'zod'
import type { ChangeTag, CreateTag, Tag, TagListItem, TagQuery, TagState } from '#features/tags/common/tag.ts'
import { searchPatterns, searchText } from '#features/tags/server/tag-search.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** What one may change of a tag: what a version keeps and an approval is about. */
export type TagDefinition = Omit<ChangeTag, 'directory' | 'owner' | 'streaming'> & { streaming: boolean }
export type TagProposal = { definition: TagDefinition; by: string; at: string; approvalId: number | null }

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
  has_recent: boolean
  last_attempt_at: Date | null
  last_error: string | null
  /** `active` is what the API calls published. */
  state: 'draft' | 'submitted' | 'active' | 'retired'
  directory: string | null
  unit: string
  owner: string | null
  expires_at: Date | null
  is_streaming: boolean
  makers: string[]
  proposal: TagProposal | null
  template: string | null
  retired_reason: string | null
  replaced_by: string | null
  updated_at: Date
}

/** From a folder's key to the keys from the top down to it. */
export type FolderPaths = ReadonlyMap<string, readonly string[]>

const stateOf = (row: TagRow): TagState => (row.state === 'active' ? 'published' : row.state)

/** A tag as the API shows it. */
export const describeTag = (row: TagRow, folders: FolderPaths, now: Date): Tag => ({
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
  state: stateOf(row),
  unit: row.unit,
  owner: row.owner ?? row.created_by,
  directory: [...(folders.get(row.directory ?? '') ?? [])],
  streaming: row.is_streaming,
  expiresAt: row.expires_at?.toISOString() ?? null,
  isExpired: row.expires_at !== null && row.expires_at <= now,
  template: row.template,
  proposal: row.proposal,
  retiredReason: row.retired_reason,
  replacedBy: row.replaced_by,
})

export const definitionOf = (row: TagRow): TagDefinition => ({
  name: row.name,
  type: row.type,
  source: row.source,
  class: row.class,
  description: row.description,
  refreshEveryMinutes: row.refresh_every_minutes,
  unit: row.unit,
  expiresAt: row.expires_at?.toISOString() ?? null,
  streaming: row.is_streaming,
})

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`

/** A published tag. */
export const findTag = (pg: PgRunner, key: string): Promise<TagRow | undefined> =>
  pg.first<TagRow>(sql`SELECT t.* FROM tag AS t WHERE t.key = ${key} AND t.state = 'active'`)

/** A tag in whatever state; not one that was deleted before anything used it. */
export const findAnyTag = (pg: PgRunner, key: string): Promise<TagRow | undefined> =>
  pg.first<TagRow>(sql`
    SELECT t.* FROM tag AS t WHERE t.key = ${key} AND (t.state <> 'retired' OR t.retired_reason IS NOT NULL)`)

/** Locks a tag until the transaction ends; also one that was deleted. */
export const lockTag = (tx: PgRunner, key: string): Promise<TagRow | undefined> =>
  tx.first<TagRow>(sql`SELECT t.* FROM tag AS t WHERE t.key = ${key} FOR UPDATE`)

const modes = {
  streaming: sql`t.is_streaming`,
  schedule: sql`NOT t.is_streaming AND t.refresh_every_minutes IS NOT NULL`,
  demand: sql`NOT t.is_streaming AND t.refresh_every_minutes IS NULL`,
} as const

const states: { readonly [S in z.output<typeof TagQuery>['state']]: Sql } = {
  published: sql`t.state = 'active'`,
  draft: sql`t.state = 'draft'`,
  submitted: sql`(t.state = 'submitted' OR t.proposal IS NOT NULL)`,
  retired: sql`t.state = 'retired' AND t.retired_reason IS NOT NULL`,
  any: sql`t.state <> 'retired'`,
}

/** A folder's tags and those of all below; `none` are those outside every folder. */
const inDirectory = (key: string): Sql =>
  key === 'none'
    ? sql`t.directory IS NULL`
    : sql`t.directory IN (
        WITH RECURSIVE below AS (
          SELECT d.key FROM tag_directory AS d WHERE d.key = ${key}
          UNION SELECT c.key FROM tag_directory AS c JOIN below AS b ON c.parent_key = b.key)
        SELECT b.key FROM below AS b)`

/** Whether a tag matches a search; rows older than the search text are found by what they say themselves. */
const matches = (pattern: string): Sql => sql`
  (t.search LIKE ${pattern} OR (t.search = '' AND (t.key LIKE ${pattern} OR lower(t.name::text) LIKE ${pattern})))`

export type TagFilter = Omit<z.output<typeof TagQuery>, 'limit' | 'cursor'>

/** The condition of a filter; `usedKeys` where it asks for what is used. */
export function filterSql(filter: TagFilter, usedKeys: readonly string[] | undefined): Sql {
  const conditions: Sql[] = [states[filter.state]]
  for (const pattern of searchPatterns(filter.q ?? '')) conditions.push(matches(pattern))
  if (filter.type) conditions.push(sql`t.type = ${filter.type}`)
  if (filter.class) conditions.push(sql`t.class = ${filter.class}`)
  if (filter.owner) conditions.push(sql`coalesce(t.owner, t.created_by) = ${filter.owner}`)
  if (filter.kind) conditions.push(sql`jsonb_exists(t.source, ${filter.kind})`)
  if (filter.mode) conditions.push(modes[filter.mode])
  if (filter.directory !== undefined) conditions.push(inDirectory(filter.directory))
  if (filter.used) {
    const isUsed = sql`t.key = ANY(${usedKeys ?? []}::text[])`
    conditions.push(filter.used === 'true' ? isUsed : sql`NOT ${isUsed}`)
  }
  return conditions.reduce((all, one) => sql`${all} AND ${one}`)
}

type ListRow = TagRow & { last_duration_ms: number | null; counts: number[] | null; open_alerts: number }
type ListPage = { limit: number; cursor?: string | undefined; includeC2: boolean }

/** A page of tags by key, each with what its last computation took and gave, and how many alerts are open. */
export async function listTags(pg: PgRunner, where: Sql, page: ListPage, describe: (row: TagRow) => Tag) {
  const after = decodeCursor(page.cursor, 1)?.[0] ?? null
  const rows = await pg.query<ListRow>(sql`
    SELECT t.*, c.duration_ms AS last_duration_ms, c.counts,
      (SELECT count(*) FROM tag_alert AS a WHERE a.key = t.key AND a.closed_at IS NULL) AS open_alerts
    FROM (
      SELECT t.* FROM tag AS t
      WHERE ${where} AND (${after}::text IS NULL OR t.key > ${after}::text)
      ORDER BY t.key LIMIT ${page.limit + 1}
    ) AS t
    LEFT JOIN LATERAL (
      SELECT c.duration_ms, c.distribution->'counts' AS counts FROM tag_computation AS c
      WHERE c.key = t.key AND c.state = 'done' ORDER BY c.at DESC LIMIT 1) AS c ON true
    ORDER BY t.key`)
  return toPage(
    rows,
    page.limit,
    (row) => [row.key],
    (row): TagListItem => ({
      ...describe(row),
      lastDurationMs: row.last_duration_ms,
      counts: row.class === 'C1' || page.includeC2 ? row.counts : null,
      openAlerts: Number(row.open_alerts),
    }),
  )
}

export const countTags = async (pg: PgRunner, where: Sql): Promise<number> =>
  Number((await pg.first<{ n: number }>(sql`SELECT count(*) AS n FROM tag AS t WHERE ${where}`))?.n ?? 0)

/** All tags of a filter, for an export. */
export const readTags = (pg: PgRunner, where: Sql): Promise<TagRow[]> =>
  pg.query<TagRow>(sql`SELECT t.* FROM tag AS t WHERE ${where} ORDER BY t.key`)

type Maker = { username: string; homeOrgId: number }
export type NewTag = CreateTag & { streaming: boolean; folder: string | null; state: TagRow['state'] }

/** Writes a new tag, or a deleted one's key anew; undefined where the key is taken. */
export const insertTag = (tx: PgRunner, tag: NewTag, maker: Maker, now: Date): Promise<TagRow | undefined> =>
  tx.first<TagRow>(sql`
    INSERT INTO tag AS t (key, name, type, source, class, description, owner_org_id, created_by, refresh_every_minutes,
      state, directory, unit, owner, expires_at, is_streaming, search, makers, template, created_at, updated_at)
    VALUES (${tag.key}, ${json(tag.name)}, ${tag.type}, ${json(tag.source)}, ${tag.class}, ${tag.description},
      ${maker.homeOrgId}, ${maker.username}, ${tag.refreshEveryMinutes}, ${tag.state}, ${tag.folder}, ${tag.unit},
      ${tag.owner ?? maker.username}, ${tag.expiresAt}::timestamptz, ${tag.streaming}, ${searchText(tag.key, tag.name)},
      ARRAY[${maker.username}::text], ${tag.template ?? null}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, type = excluded.type, source = excluded.source,
      class = excluded.class, description = excluded.description, owner_org_id = excluded.owner_org_id,
      created_by = excluded.created_by, refresh_every_minutes = excluded.refresh_every_minutes, state = excluded.state,
      directory = excluded.directory, unit = excluded.unit, owner = excluded.owner, expires_at = excluded.expires_at,
      is_streaming = excluded.is_streaming, search = excluded.search, makers = excluded.makers, proposal = NULL,
      template = excluded.template, retired_reason = NULL, replaced_by = NULL,
      version = t.version + 1, refresh_id = NULL, refreshed_at = NULL, coverage = NULL, unreadable = NULL,
      has_bitmaps = false, has_recent = false, pending_refresh_id = NULL, last_attempt_at = NULL, last_error = NULL,
      updated_at = excluded.updated_at
      WHERE t.state = 'retired'
    RETURNING t.*`)

/** Writes a new version; values of another source or type no longer count. */
export const updateTag = (
  tx: PgRunner,
  key: string,
  tag: TagDefinition,
  areValuesKept: boolean,
  now: Date,
): Promise<TagRow | undefined> =>
  tx.first<TagRow>(sql`
    UPDATE tag AS t SET name = ${json(tag.name)}, type = ${tag.type}, source = ${json(tag.source)}, class = ${tag.class},
      description = ${tag.description}, refresh_every_minutes = ${tag.refreshEveryMinutes}, unit = ${tag.unit},
      expires_at = ${tag.expiresAt}::timestamptz, is_streaming = ${tag.streaming},
      search = ${searchText(key, tag.name)}, proposal = NULL, version = t.version + 1, updated_at = ${now}::timestamptz,
      refresh_id = CASE WHEN ${areValuesKept} THEN t.refresh_id END,
      refreshed_at = CASE WHEN ${areValuesKept} THEN t.refreshed_at END,
      coverage = CASE WHEN ${areValuesKept} THEN t.coverage END,
      unreadable = CASE WHEN ${areValuesKept} THEN t.unreadable END,
      has_bitmaps = ${areValuesKept} AND t.has_bitmaps,
      has_recent = ${areValuesKept} AND t.has_recent,
      pending_refresh_id = CASE WHEN ${areValuesKept} THEN t.pending_refresh_id END,
      last_error = CASE WHEN ${areValuesKept} THEN t.last_error END
    WHERE t.key = ${key} RETURNING t.*`)

/** Sets columns that make no new version. */
export const setTag = (tx: PgRunner, key: string, set: Sql, now: Date): Promise<TagRow | undefined> =>
  tx.first<TagRow>(sql`
    UPDATE tag AS t SET ${set}, updated_at = ${now}::timestamptz WHERE t.key = ${key} RETURNING t.*`)

export const proposalSql = (proposal: TagProposal | null): Sql =>
  proposal ? sql`proposal = ${json(proposal)}` : sql`proposal = NULL`

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

/** Search texts of tags that were written before there were any. */
export async function fillSearch(pg: PgRunner): Promise<void> {
  const rows = await pg.query<Pick<TagRow, 'key' | 'name'>>(
    sql`SELECT t.key, t.name FROM tag AS t WHERE t.search = '' LIMIT 10000`,
  )
  if (rows.length === 0) return
  const texts = rows.map((row) => searchText(row.key, row.name))
  await pg.execute(sql`
    UPDATE tag AS t SET search = n.search
    FROM unnest(${rows.map((row) => row.key)}::text[], ${texts}::text[]) AS n (key, search)
    WHERE t.key = n.key AND t.search = ''`)
}
