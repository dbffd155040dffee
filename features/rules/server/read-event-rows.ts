import { type EventRows, propsOf, spanOfLeaf } from '#features/rules/server/event-leaves.ts'
import { between, eventsSql } from '#features/rules/server/event-rows.ts'
import type { EventLeaf, Numbered } from '#features/rules/server/leaf-scans.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'

/** All leaves about one event. */
export type EventGroup = { name: string; leaves: readonly Numbered<EventLeaf>[] }
/** Customers whose messages of one event are too many to be brought here: they are asked about in the engine. */
export type TooMany = { group: EventGroup; ids: number[] }
export type EventReading = { group: EventGroup; rows: EventRows }

/** How much is brought into memory: of one customer and event, and by one query. */
export type EventLimits = { ofOne: number; ofQuery: number }
export const eventLimits: EventLimits = { ofOne: 2_000, ofQuery: 200_000 }

type NamedRows = { name: string; ids: number[]; ats: number[]; props: (string | null)[][] }

const amongSql = (ids: readonly number[]): Sql =>
  sql`SELECT arrayJoin(${typed('Array(UInt32)', ids)}) AS customer_id`

function rowsSql(
  groups: readonly EventGroup[],
  props: readonly string[],
  context: RuleContext,
  most: EventLimits,
) {
  const spans = groups.map(({ leaves }) => {
    const all = leaves.map(({ leaf }) => spanOfLeaf(leaf, context))
    return {
      fromMs: Math.min(...all.map((span) => span.fromMs)),
      toMs: Math.max(...all.map((span) => span.toMs)),
    }
  })
  const widest = {
    fromMs: Math.min(...spans.map((span) => span.fromMs)),
    toMs: Math.max(...spans.map((span) => span.toMs)),
  }
  const isAsked = groups.map(
    ({ name }, at) => sql`(e.name = ${typed('String', name)} AND ${between(sql`e.occurred_at`, spans[at]!)})`,
  )
  const texts = props.map((prop) => {
    const name = typed('String', prop)
    return sql`if(mapContains(e.props, ${name}), e.props[${name}], NULL)`
  })
  const names = groups.map(({ name }) => name)
  return sql`
    SELECT h.name AS name, groupArray(h.customer_id) AS ids, groupArray(h.at) AS ats, groupArray(h.props) AS props
    FROM (
      SELECT toString(e.name) AS name, e.customer_id AS customer_id, toFloat64(toUnixTimestamp64Milli(e.occurred_at)) AS at,
        CAST([${joinSql(texts, sql`, `)}], 'Array(Nullable(String))') AS props
      FROM event AS e FINAL ${eventsSql(names, widest, context)} AND (${joinSql(isAsked, sql` OR `)})
      LIMIT ${typed('UInt32', most.ofOne + 1)} BY e.name, e.customer_id LIMIT ${typed('UInt32', most.ofQuery + 1)}) AS h
    GROUP BY h.name`
}

/** Takes those out who have more messages than wanted. */
function withoutHot(group: EventGroup, read: NamedRows, props: readonly string[], most: EventLimits) {
  const counts = new Map<number, number>()
  for (const id of read.ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  const hot = new Set([...counts].filter(([, count]) => count > most.ofOne).map(([id]) => id))
  const kept = hot.size === 0 ? undefined : read.ids.flatMap((id, row) => (hot.has(id) ? [] : [row]))
  const of = <T>(column: readonly T[]): T[] => (kept ? kept.map((row) => column[row] as T) : (column as T[]))
  const texts = of(read.props)
  const rows: EventRows = {
    ids: of(read.ids),
    ats: of(read.ats),
    props: new Map(props.map((prop, at) => [prop, texts.map((row) => row[at] ?? null)])),
  }
  return { rows, tooMany: hot.size > 0 ? [{ group, ids: [...hot] }] : [] }
}

/**
 * Brings the messages of these customers that leaves look at: a few rows a customer cost the engine a few milliseconds,
 * hundreds of conditions in one statement seconds, and that over an empty table. Where they are too many for one query the
 * customers are halved; nothing is cut off silently.
 */
export async function readEventRows(
  ch: ClickHouse,
  groups: readonly EventGroup[],
  context: RuleContext,
  ids: readonly number[],
  { limits = eventLimits, ...options }: QueryOptions & { limits?: EventLimits } = {},
): Promise<{ readings: EventReading[]; tooMany: TooMany[] }> {
  if (groups.length === 0 || ids.length === 0) return { readings: [], tooMany: [] }
  const props = [...new Set(groups.flatMap(({ leaves }) => leaves.flatMap(({ leaf }) => propsOf(leaf))))]
  const asked = { ...context, among: amongSql(ids) }
  const read = await ch.query<NamedRows>(rowsSql(groups, props, asked, limits), options)
  if (read.reduce((sum, one) => sum + one.ids.length, 0) > limits.ofQuery) {
    if (ids.length === 1) return { readings: [], tooMany: groups.map((group) => ({ group, ids: [...ids] })) }
    const half = ids.length >> 1
    const halves = [ids.slice(0, half), ids.slice(half)]
    const all = []
    for (const some of halves)
      all.push(await readEventRows(ch, groups, context, some, { limits, ...options }))
    return { readings: all.flatMap((one) => one.readings), tooMany: all.flatMap((one) => one.tooMany) }
  }
  const parts = groups.flatMap((group) => {
    const found = read.find((one) => one.name === group.name)
    return found ? [{ group, ...withoutHot(group, found, props, limits) }] : []
  })
  return { readings: parts, tooMany: parts.flatMap((one) => one.tooMany) }
}

/** Where the engine answers for customers with too many messages. */
export const askedAlone = (context: RuleContext, { ids }: TooMany): RuleContext => ({
  ...context,
  among: amongSql(ids),
})
