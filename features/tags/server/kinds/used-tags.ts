import type { TagValues } from '#features/rules/server/index.ts'
import { sourceError } from '#features/tags/common/source-errors.ts'
import type { KindContext } from '#features/tags/server/kinds/kind.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'

/** A tag another one is made of. */
export type UsedTag = TagValues & { type: string }

const mostAtOnce = 100

/** Where the values of tags stand; those never computed are computed first. */
export async function usedTags(context: KindContext, keys: readonly string[]): Promise<Map<string, UsedTag>> {
  const found = new Map<string, UsedTag>()
  for (let at = 0; at < keys.length; at += mostAtOnce) {
    const any = keys.slice(at, at + mostAtOnce).map((tag) => ({ tag, is: 'exists' as const }))
    const { tags } = await context.rules.prepare(scopeOfEveryone, { any })
    for (const [key, { type, refreshId, hasRecent }] of tags)
      if (refreshId !== null) found.set(key, { key, type, refreshId, hasRecent })
  }
  return found
}

/** One of the tags that were asked for. */
export function usedTag(tags: ReadonlyMap<string, UsedTag>, key: string): UsedTag {
  const tag = tags.get(key)
  if (!tag) throw sourceError('TAG_SOURCE_TAG_UNKNOWN', { tag: key })
  return tag
}

/** Types of tags by key; those that are not there are left out. */
export async function tagTypesOf({ pg }: KindContext, keys: readonly string[]): Promise<Map<string, string>> {
  const rows = await pg.query<{ key: string; type: string }>(sql`
    SELECT t.key, t.type FROM tag AS t WHERE t.key = ANY(${[...keys]}::text[]) AND t.state = 'active'`)
  return new Map(rows.map((row) => [row.key, row.type]))
}

/** Refuses a tag that is not there or of none of these types. */
export function checkUsedTag(
  types: ReadonlyMap<string, string>,
  tag: string,
  wanted: readonly string[],
  path: string,
): void {
  const type = types.get(tag)
  if (type === undefined) {
    throw sourceError('TAG_SOURCE_TAG_UNKNOWN', { tag }, [
      { path, code: 'TAG_SOURCE_TAG_UNKNOWN', message: 'no such tag' },
    ])
  }
  if (wanted.includes(type)) return
  const detail = `it is of type ${type}, not ${wanted.join(' or ')}.`
  throw sourceError('TAG_SOURCE_TAG_TYPE', { tag, detail }, [
    { path, code: 'TAG_SOURCE_TAG_TYPE', message: detail },
  ])
}
