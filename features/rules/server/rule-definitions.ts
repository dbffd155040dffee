import type { Rule } from '#features/rules/common/rule.ts'
import { ruleKeys } from '#features/rules/common/walk-rule.ts'
import type { TagState } from '#features/rules/server/compile-rule.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type Definitions = { tags: Map<string, TagState>; segments: Map<string, Rule> }

/** The tags and segments a rule needs, those of used segments included. What is unknown is left out. */
export async function loadDefinitions(pg: PgRunner, rule: Rule): Promise<Definitions> {
  const segments = new Map<string, Rule>()
  const tags = new Set<string>()
  const asked = new Set<string>()
  let waiting: Rule[] = [rule]
  while (waiting.length > 0) {
    const named = waiting.map(ruleKeys)
    for (const keys of named) for (const key of keys.tags) tags.add(key)
    const next = [...new Set(named.flatMap((keys) => [...keys.segments]))].filter((key) => !asked.has(key))
    for (const key of next) asked.add(key)
    const found = next.length ? await loadSegments(pg, next) : []
    for (const { key, rule: inside } of found) segments.set(key, inside)
    waiting = found.map(({ rule: inside }) => inside)
  }
  return { tags: await loadTags(pg, [...tags]), segments }
}

const loadSegments = (pg: PgRunner, keys: readonly string[]) =>
  pg.query<{ key: string; rule: Rule }>(sql`
    SELECT s.key, s.rule FROM segment AS s WHERE s.key = ANY(${keys}::text[]) AND s.state = 'active'`)

/** Type and current refresh of tags, by key. */
export async function loadTags(pg: PgRunner, keys: readonly string[]): Promise<Map<string, TagState>> {
  if (keys.length === 0) return new Map()
  const rows = await pg.query<{
    key: string
    type: string
    refresh_id: number | null
    has_bitmaps: boolean
  }>(sql`
    SELECT t.key, t.type, t.refresh_id, t.has_bitmaps FROM tag AS t
    WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active'`)
  return new Map(
    rows.map((row) => [row.key, { type: row.type, refreshId: row.refresh_id, hasBitmaps: row.has_bitmaps }]),
  )
}
