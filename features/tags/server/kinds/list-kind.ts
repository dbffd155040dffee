import { sourceError } from '#features/tags/common/source-errors.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { type KindContext, noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { amongSql, everyCustomer } from '#features/tags/server/kinds/universe.ts'
import { type ComputedTag, itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

type ListTag = ComputedTag<SourceByKind['list']>

async function findVersion({ pg }: KindContext, key: string): Promise<number> {
  const row = await pg.first<{ version: number }>(sql`
    SELECT l.version FROM customer_list AS l WHERE l.key = ${key} AND l.state = 'active'`)
  if (row) return row.version
  throw sourceError('TAG_SOURCE_LIST_UNKNOWN', { list: key }, [
    { path: 'source.list', code: 'TAG_SOURCE_LIST_UNKNOWN', message: 'no such list' },
  ])
}

/** Whether customers are on the list: true or false for each of them. */
const isOnList = (tags: readonly ListTag[], members: Sql, context: KindContext): Sql => {
  const text = sql`if(u.customer_id IN (SELECT m.customer_id ${members}), 'true', 'false')`
  const items = tags.map((tag) => itemOf(tag, { text, isValue: true }, context.time.timeZone))
  return sql`SELECT u.customer_id AS customer_id, ${itemsOf(items)} FROM (${everyCustomer(context)}) AS u`
}

/** Values beside customers; an empty one is none. */
const valuesOfList = (tags: readonly ListTag[], members: Sql, context: KindContext): Sql => {
  const text = sql`nullIf(m.value, '')`
  const items = tags.map((tag) => itemOf(tag, { text, isValue: false }, context.time.timeZone))
  return sql`SELECT m.customer_id AS customer_id, ${itemsOf(items)} ${members}`
}

/** A fixed list: its values or, for a bool, who is on it. */
export const listKind: TagKind<SourceByKind['list']> = {
  group: ({ list }) => `list:${list}`,
  inputs: () => ({ ...noInputs, reads: ['list'] }),
  mayMiss: (_source, type) => type === 'number' || type === 'date',
  async check({ list }, _type, context) {
    await findVersion(context, list)
  },
  async items(tags, context) {
    const key = tags[0]?.source.list ?? ''
    const version = await findVersion(context, key)
    const members = sql`
      FROM list_member AS m FINAL WHERE m.list = ${typed('String', key)} AND m.version = ${typed('UInt32', version)}
        AND ${amongSql(context, sql`m.customer_id`)}`
    const [bools, others] = [
      tags.filter(({ type }) => type === 'bool'),
      tags.filter(({ type }) => type !== 'bool'),
    ]
    const parts = [
      ...(bools.length > 0 ? [isOnList(bools, members, context)] : []),
      ...(others.length > 0 ? [valuesOfList(others, members, context)] : []),
    ]
    return joinSql(parts, sql` UNION ALL `)
  },
}
