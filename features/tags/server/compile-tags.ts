import { spanOf } from '#features/rules/common/bank-time.ts'
import {
  amountOf,
  eventProperty,
  eventsSql,
  isAmount,
  numberOf,
  whereSql,
} from '#features/rules/server/index.ts'
import type { EventSource, Tag } from '#features/tags/common/tag.ts'
import { amountText, dayText, numberText, textAsType } from '#features/tags/server/value-sql.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** A tag to compute: its values are written under the refresh id. */
export type ComputedTag<S> = { key: string; type: Tag['type']; refreshId: number; source: S }
export type TagTime = { now: Date; timeZone: string }

/** What one customer's rows say for a tag: a text, and whether it still has to be read as the tag's type. */
type Statistic = { text: Sql; isValue: boolean }

const milliseconds = (ms: number): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', ms)}, 'UTC')`

/** Whether an event row counts for the tag. */
function countsFor(source: EventSource, time: TagTime): Sql {
  const span = spanOf(source.within, time.now, time.timeZone)
  const from = span.fromMs === -Infinity ? sql`` : sql` AND e.occurred_at >= ${milliseconds(span.fromMs)}`
  const to = span.toMs === Infinity ? sql`` : sql` AND e.occurred_at < ${milliseconds(span.toMs)}`
  return sql`(${whereSql(source.where)}${from}${to})`
}

/** NULL unless some row counted: where nothing happened there is no value. */
const whereAny = (counts: Sql, text: Sql): Sql => sql`if(countIf(${counts}) = 0, NULL, ${text})`

const order = sql`(e.occurred_at, e.msg)`

function statistic(tag: ComputedTag<EventSource>, time: TagTime): Statistic {
  const { source } = tag
  const counts = countsFor(source, time)
  const { text, isPresent } = eventProperty(source.prop ?? '')
  const present = sql`(${counts} AND ${isPresent})`
  const amounts = sql`(${counts} AND ${isAmount(text)})`
  const total = sql`sumIf(${amountOf(text)}, ${amounts})`
  const extreme = (isLeast: boolean): Statistic => {
    const found = tag.type === 'number' ? numberOf(text) : textAsType(tag.type, text, time.timeZone)
    const usable = sql`(${present} AND isNotNull(${found}))`
    const picked = isLeast ? sql`minIf(${found}, ${usable})` : sql`maxIf(${found}, ${usable})`
    return { text: whereAny(usable, tag.type === 'number' ? numberText(picked) : picked), isValue: true }
  }
  const end = (isFirst: boolean): Statistic => {
    if (!source.prop) {
      const at = isFirst ? sql`minIf(e.occurred_at, ${counts})` : sql`maxIf(e.occurred_at, ${counts})`
      return { text: whereAny(counts, dayText(at, time.timeZone)), isValue: true }
    }
    const picked = isFirst
      ? sql`argMinIf(${text}, ${order}, ${present})`
      : sql`argMaxIf(${text}, ${order}, ${present})`
    return { text: whereAny(present, picked), isValue: false }
  }
  const statistics: { readonly [A in EventSource['agg']]: () => Statistic } = {
    count: () => ({ text: whereAny(counts, sql`toString(countIf(${counts}))`), isValue: true }),
    distinct: () => ({
      text: whereAny(present, sql`toString(uniqExactIf(${text}, ${present}))`),
      isValue: true,
    }),
    sum: () => ({ text: whereAny(amounts, amountText(total)), isValue: true }),
    avg: () => ({
      text: whereAny(amounts, numberText(sql`toFloat64(${total}) / countIf(${amounts})`)),
      isValue: true,
    }),
    min: () => extreme(true),
    max: () => extreme(false),
    first: () => end(true),
    last: () => end(false),
  }
  return statistics[source.agg]()
}

/** One tag's part of a customer's row: (key, refresh, is a number, what was said, the value). */
const item = (tag: ComputedTag<unknown>, { text, isValue }: Statistic, timeZone: string): Sql => {
  const said = sql`CAST(${text}, 'Nullable(String)')`
  const value = isValue
    ? said
    : sql`if(isNull(${said}), NULL, CAST(${textAsType(tag.type, sql`ifNull(${said}, '')`, timeZone)}, 'Nullable(String)'))`
  const isNumber = tag.type === 'number' ? sql`1` : sql`0`
  return sql`tuple(${typed('String', tag.key)}, ${typed('UInt64', tag.refreshId)}, ${isNumber}, ${said}, ${value})`
}

const itemsOf = (items: readonly Sql[]): Sql => sql`arrayJoin([${joinSql(items, sql`, `)}]) AS item`

/** Values of any number of tags about one event, as rows (customer_id, item), in one scan. */
export function eventItems(tags: readonly ComputedTag<EventSource>[], time: TagTime): Sql {
  const spans = tags.map(({ source }) => spanOf(source.within, time.now, time.timeZone))
  const widest = {
    fromMs: Math.min(...spans.map((span) => span.fromMs)),
    toMs: Math.max(...spans.map((span) => span.toMs)),
  }
  const items = tags.map((tag) => item(tag, statistic(tag, time), time.timeZone))
  return sql`
    SELECT e.customer_id AS customer_id, ${itemsOf(items)}
    FROM event AS e FINAL ${eventsSql(tags[0]?.source.event ?? '', widest)} GROUP BY e.customer_id`
}

/** Values of any number of tags about attributes, as rows (customer_id, item), in one scan. */
export function attributeItems(tags: readonly ComputedTag<{ attribute: string }>[], time: TagTime): Sql {
  const items = tags.map((tag) => {
    const name = typed('String', tag.source.attribute)
    const text = sql`if(mapContains(c.attributes, ${name}), c.attributes[${name}], NULL)`
    return item(tag, { text, isValue: false }, time.timeZone)
  })
  return sql`SELECT c.customer_id AS customer_id, ${itemsOf(items)} FROM customer AS c FINAL`
}

/** Values of a rule tag, as rows (customer_id, item): true for its members, false for everybody else. */
export function ruleItems(tag: ComputedTag<unknown>, members: Sql, universe: Sql): Sql {
  const text = sql`if(u.customer_id IN (${members}), 'true', 'false')`
  return sql`
    SELECT u.customer_id AS customer_id, ${itemsOf([item(tag, { text, isValue: true }, '')])}
    FROM (SELECT DISTINCT a.customer_id AS customer_id FROM (${universe}) AS a) AS u`
}

/** Writes the values that are there. */
export const insertValues = (items: Sql): Sql => sql`
  INSERT INTO tag_value (tag, refresh_id, customer_id, value, number)
  SELECT tupleElement(i.item, 1), tupleElement(i.item, 2), i.customer_id, assumeNotNull(tupleElement(i.item, 5)),
    if(tupleElement(i.item, 3) = 1, toFloat64OrNull(tupleElement(i.item, 5)), NULL)
  FROM (${items}) AS i WHERE isNotNull(tupleElement(i.item, 5))`

/** Customers per tag whose source said something that is no value: rows (tag, unreadable). */
export const countUnreadable = (items: Sql): Sql => sql`
  SELECT tupleElement(i.item, 1) AS tag, count() AS unreadable FROM (${items}) AS i
  WHERE isNotNull(tupleElement(i.item, 4)) AND isNull(tupleElement(i.item, 5)) GROUP BY tag`
