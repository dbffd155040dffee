import type { Reference } from '#features/approvals/common/approval.ts'
import { namedIn } from '#features/tags/server/named-in.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type Definition = { key: string; definition: unknown }

const readSegments = (pg: PgRunner, keys: readonly string[]) =>
  pg.query<Definition>(sql`
    SELECT s.key, s.rule AS definition FROM segment AS s WHERE s.key = ANY(${keys}::text[]) AND s.state = 'active'`)
const readTags = (pg: PgRunner, keys: readonly string[]) =>
  pg.query<Definition>(sql`
    SELECT t.key, jsonb_build_object('type', t.type, 'source', t.source) AS definition FROM tag AS t
    WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active'`)

/** Every tag and segment a definition rests on, those inside others included; what no longer exists is there as nothing. */
export async function referencesOf(pg: PgRunner, definition: unknown): Promise<Reference[]> {
  const known = new Set<string>()
  const references: Reference[] = []
  for (let waiting: unknown[] = [definition]; waiting.length > 0; ) {
    const named = waiting.map(namedIn)
    const fresh = (kind: 'tag' | 'segment', keys: (one: (typeof named)[number]) => ReadonlySet<string>) => {
      const all = [...new Set(named.flatMap((one) => [...keys(one)]))].filter(
        (key) => !known.has(`${kind} ${key}`),
      )
      for (const key of all) known.add(`${kind} ${key}`)
      return all
    }
    const tags = fresh('tag', (one) => one.tags)
    const segments = fresh('segment', (one) => one.segments)
    const [foundTags, foundSegments] = [await readTags(pg, tags), await readSegments(pg, segments)]
    const layer = (kind: string, keys: readonly string[], found: readonly Definition[]) => {
      const of = new Map(found.map((one) => [one.key, one.definition]))
      for (const key of keys) references.push({ kind, key, definition: of.get(key) ?? null })
    }
    layer('tag', tags, foundTags)
    layer('segment', segments, foundSegments)
    waiting = [...foundTags, ...foundSegments].map((one) => one.definition)
  }
  return references
}
