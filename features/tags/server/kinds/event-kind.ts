import { spanOf } from '#features/rules/common/bank-time.ts'
import {
  amountOf,
  eventProperty,
  eventsSql,
  isAmount,
  numberOf,
  whereSql,
} from '#features/rules/server/index.ts'
import type { EventSource } from '#features/tags/common/tag-source.ts'
import { noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { isMoving } from '#features/tags/server/kinds/rule-inputs.ts'
import { amongSql } from '#features/tags/server/kinds/universe.ts'
import {
  type ComputedTag,
  itemOf,
  itemsOf,
  type Said,
  type TagTime,
  whereHolds,
} from '#features/tags/server/tag-item.ts'
import { amountText, dayText, numberText, textAsType } from '#features/tags/server/value-sql.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

const milliseconds = (ms: number): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', ms)}, 'UTC')`

/** Whether an event row counts for the tag. */
function countsFor(source: EventSource, time: TagTime): Sql {
  const span = spanOf(source.within, time.now, time.timeZone)
  const from = span.fromMs === -Infinity ? sql`` : sql` AND e.occurred_at >= ${milliseconds(span.fromMs)}`
  const to = span.toMs === Infinity ? sql`` : sql` AND e.occurred_at < ${milliseconds(span.toMs)}`
  return sql`(${whereSql(source.where)}${from}${to})`
}

/** NULL unless some row counted: where nothing happened there is no value. */
const whereAny = (counts: Sql, text: Sql): Sql => whereHolds(sql`countIf(${counts}) > 0`, text)

const order = sql`(e.occurred_at, e.msg)`

/** Rows of one customer that count for a tag, and its property. */
type Rows = {
  tag: ComputedTag<EventSource>
  time: TagTime
  counts: Sql
  text: Sql
  present: Sql
  amounts: Sql
}

function extreme({ tag, time, text, present }: Rows, isLeast: boolean): Said {
  const found = tag.type === 'number' ? numberOf(text) : textAsType(tag.type, text, time.timeZone)
  const usable = sql`(${present} AND isNotNull(${found}))`
  const picked = isLeast ? sql`minIf(${found}, ${usable})` : sql`maxIf(${found}, ${usable})`
  return { text: whereAny(usable, tag.type === 'number' ? numberText(picked) : picked), isValue: true }
}

function end({ tag, time, counts, text, present }: Rows, isFirst: boolean): Said {
  if (!tag.source.prop) {
    const at = isFirst ? sql`minIf(e.occurred_at, ${counts})` : sql`maxIf(e.occurred_at, ${counts})`
    return { text: whereAny(counts, dayText(at, time.timeZone)), isValue: true }
  }
  const picked = isFirst
    ? sql`argMinIf(${text}, ${order}, ${present})`
    : sql`argMaxIf(${text}, ${order}, ${present})`
  return { text: whereAny(present, picked), isValue: false }
}

const bankDayNumber = ({ timeZone }: TagTime): Sql =>
  sql`toInt32(toDate32(e.occurred_at, ${typed('String', timeZone)}))`

/** Days in order fall into runs where the next is not the day after. */
function streak({ counts, time }: Rows): Said {
  const days = sql`arraySort(groupUniqArrayIf(${bankDayNumber(time)}, ${counts}))`
  const runs = sql`arraySplit((day, gap) -> gap > 1, ${days}, arrayDifference(${days}))`
  return {
    text: whereAny(counts, sql`toString(arrayMax(arrayMap(run -> length(run), ${runs})))`),
    isValue: true,
  }
}

/** The n-th most frequent text; the smaller one first among equals. */
function top({ tag, text, present }: Rows): Said {
  const counted = sql`sumMapIf([${text}], [toInt64(1)], ${present})`
  const ranked = sql`arraySort((value, times) -> (-times, value), tupleElement(${counted}, 1), tupleElement(${counted}, 2))`
  const rank = typed('UInt32', tag.source.rank ?? 1)
  return {
    text: whereHolds(sql`length(${ranked}) >= ${rank}`, sql`arrayElement(${ranked}, ${rank})`),
    isValue: false,
  }
}

type Statistic = (rows: Rows) => Said
const value = (text: Sql): Said => ({ text, isValue: true })
const total = ({ text, amounts }: Rows): Sql => sql`sumIf(${amountOf(text)}, ${amounts})`

const statistics: { readonly [A in EventSource['agg']]: Statistic } = {
  count: ({ counts }) => value(whereAny(counts, sql`toString(countIf(${counts}))`)),
  distinct: ({ text, present }) => value(whereAny(present, sql`toString(uniqExactIf(${text}, ${present}))`)),
  sum: (rows) => value(whereAny(rows.amounts, amountText(total(rows)))),
  avg: (rows) =>
    value(whereAny(rows.amounts, numberText(sql`toFloat64(${total(rows)}) / countIf(${rows.amounts})`))),
  min: (rows) => extreme(rows, true),
  max: (rows) => extreme(rows, false),
  first: (rows) => end(rows, true),
  last: (rows) => end(rows, false),
  days: ({ counts, time }) =>
    value(whereAny(counts, sql`toString(uniqExactIf(${bankDayNumber(time)}, ${counts}))`)),
  top,
  streak,
}

function statistic(tag: ComputedTag<EventSource>, time: TagTime): Said {
  const { agg, prop } = tag.source
  const counts = countsFor(tag.source, time)
  const { text, isPresent } = eventProperty(prop ?? '')
  const [present, amounts] = [sql`(${counts} AND ${isPresent})`, sql`(${counts} AND ${isAmount(text)})`]
  return statistics[agg]({ tag, time, counts, text, present, amounts })
}

/** A statistic of one event; all of one event share a scan. */
export const eventKind: TagKind<EventSource> = {
  group: ({ event }) => `event:${event}`,
  inputs: ({ event, within }) => ({ ...noInputs, events: [event], movesWithTime: isMoving(within) }),
  mayMiss: ({ agg, prop }, type) =>
    type !== 'enum' && (agg === 'top' || ((agg === 'first' || agg === 'last') && prop !== undefined)),
  async items(tags, context) {
    const { time } = context
    const spans = tags.map(({ source }) => spanOf(source.within, time.now, time.timeZone))
    const widest = {
      fromMs: Math.min(...spans.map((span) => span.fromMs)),
      toMs: Math.max(...spans.map((span) => span.toMs)),
    }
    const items = tags.map((tag) => itemOf(tag, statistic(tag, time), time.timeZone))
    return sql`
      SELECT e.customer_id AS customer_id, ${itemsOf(items)}
      FROM event AS e FINAL ${eventsSql(tags[0]?.source.event ?? '', widest)}
        AND ${amongSql(context, sql`e.customer_id`)}
      GROUP BY e.customer_id`
  },
}
