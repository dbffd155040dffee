import type { Tag, TagUse } from '#features/tags/common/tag.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type UseKind = 'tag' | 'segment' | 'event' | 'list' | 'model'
/** Tells what uses a tag, a segment, an event or a list; other features say theirs. */
export type UsesOf = (kind: 'tag' | 'segment' | 'event' | 'list', key: string) => Promise<TagUse[]>

const usePaths: { readonly [K in UseKind]: string } = {
  tag: '$.**.tag ? (@ == $key)',
  segment: '$.**.segment ? (@ == $key)',
  event: '$.** ? (@.did == $key || @.event == $key)',
  list: '$.**.list ? (@ == $key)',
  model: '$.model ? (@ == $key)',
}

/** Tags whose source names this, however deep. */
export const listTagsUsing = (pg: PgRunner, kind: UseKind, key: string) =>
  pg.query<{ key: string; name: Tag['name'] }>(sql`
    SELECT t.key, t.name FROM tag AS t
    WHERE t.state <> 'retired' AND t.key <> ${kind === 'tag' ? key : ''}
      AND jsonb_path_exists(t.source, ${usePaths[kind]}::jsonpath, jsonb_build_object('key', ${key}::text))
    ORDER BY t.key`)

/** What uses tags, segments and events: tags of our own, and what other features add. */
export function createTagUses({ pg }: { pg: Postgres }) {
  const users: UsesOf[] = []
  const usedKeys: (() => Promise<readonly string[]>)[] = []

  const ofTags = async (kind: UseKind, key: string): Promise<TagUse[]> =>
    (await listTagsUsing(pg, kind, key)).map((row) => ({ type: 'tag', key: row.key, name: row.name.zh }))

  return {
    ofTags,
    /** Everything that names it itself. */
    async of(kind: 'tag' | 'segment', key: string): Promise<TagUse[]> {
      const found = await Promise.all([ofTags(kind, key), ...users.map((usesOf) => usesOf(kind, key))])
      return found.flat()
    },
    /** Keys of all tags that anything names. */
    async usedTags(): Promise<string[]> {
      const [own, ...others] = await Promise.all([
        pg.query<{ key: string }>(sql`
          SELECT DISTINCT p #>> '{}' AS key FROM tag AS t, jsonb_path_query(t.source, '$.**.tag') AS p
          WHERE t.state <> 'retired'`),
        ...usedKeys.map((read) => read()),
      ])
      return [...new Set([...own.map((row) => row.key), ...others.flat()])]
    },
    add(usesOf: UsesOf): void {
      users.push(usesOf)
    },
    addUsedTags(read: () => Promise<readonly string[]>): void {
      usedKeys.push(read)
    },
  }
}
export type TagUses = ReturnType<typeof createTagUses>
