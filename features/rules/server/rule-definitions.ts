import type { Rule } from '#features/rules/common/rule.ts'
import { type RuleKeys, ruleKeys } from '#features/rules/common/walk-rule.ts'
import type { TagState } from '#features/rules/server/rule-context.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type Definitions = {
  tags: Map<string, TagState>
  segments: Map<string, Rule>
  lists: Map<string, number>
  orgs: Map<string, readonly number[]>
}

/** What rules need, that of used segments included. What is unknown is left out. */
export async function loadDefinitions(pg: PgRunner, ...rules: Rule[]): Promise<Definitions> {
  const segments = new Map<string, Rule>()
  const all = { tags: new Set<string>(), lists: new Set<string>(), orgs: new Set<string>() }
  const asked = new Set<string>()
  const add = (keys: RuleKeys): void => {
    for (const kind of ['tags', 'lists', 'orgs'] as const) for (const key of keys[kind]) all[kind].add(key)
  }
  let waiting: readonly Rule[] = rules
  while (waiting.length > 0) {
    const named = waiting.map(ruleKeys)
    for (const keys of named) add(keys)
    const next = [...new Set(named.flatMap((keys) => [...keys.segments]))].filter((key) => !asked.has(key))
    for (const key of next) asked.add(key)
    const found = next.length ? await loadSegments(pg, next) : []
    for (const { key, rule: inside } of found) segments.set(key, inside)
    waiting = found.map(({ rule: inside }) => inside)
  }
  const [tags, lists, orgs] = [
    await loadTags(pg, [...all.tags]),
    await loadLists(pg, [...all.lists]),
    await loadOrgs(pg, [...all.orgs]),
  ]
  return { tags, segments, lists, orgs }
}

const loadSegments = (pg: PgRunner, keys: readonly string[]) =>
  pg.query<{ key: string; rule: Rule }>(sql`
    SELECT s.key, s.rule FROM segment AS s WHERE s.key = ANY(${keys}::text[]) AND s.state = 'active'`)

/** State of tags, by key. */
export async function loadTags(pg: PgRunner, keys: readonly string[]): Promise<Map<string, TagState>> {
  if (keys.length === 0) return new Map()
  const rows = await pg.query<{
    key: string
    type: string
    refresh_id: number | null
    has_bitmaps: boolean
    has_recent: boolean
  }>(sql`
    SELECT t.key, t.type, t.refresh_id, t.has_bitmaps, t.has_recent FROM tag AS t
    WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active'`)
  return new Map(
    rows.map((row) => [
      row.key,
      { type: row.type, refreshId: row.refresh_id, hasBitmaps: row.has_bitmaps, hasRecent: row.has_recent },
    ]),
  )
}

async function loadLists(pg: PgRunner, keys: readonly string[]): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map()
  const rows = await pg.query<{ key: string; version: number }>(sql`
    SELECT l.key, l.version FROM customer_list AS l WHERE l.key = ANY(${keys}::text[]) AND l.state = 'active'`)
  return new Map(rows.map((row) => [row.key, row.version]))
}

/** Each org unit with all below it, as the tree is today. */
async function loadOrgs(pg: PgRunner, codes: readonly string[]): Promise<Map<string, number[]>> {
  if (codes.length === 0) return new Map()
  const rows = await pg.query<{ code: string; org_ids: number[] }>(sql`
    SELECT u.code, array_agg(b.org_id) AS org_ids FROM org_unit_current AS u
    JOIN org_unit_current AS b ON b.path @> ARRAY[u.org_id]
    WHERE u.code = ANY(${codes}::text[]) GROUP BY u.code`)
  return new Map(rows.map((row) => [row.code, row.org_ids]))
}
