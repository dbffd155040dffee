import type { z } from 'zod'
import { bucketStarts, spanBefore } from '#features/insight/common/buckets.ts'
import { noGroup, otherGroups } from '#features/insight/common/frame.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import { TrendAnswer, TrendCell, type TrendFigures, TrendQuery } from '#features/insight/common/trend.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { ask } from '#features/insight/server/ask.ts'
import {
  type CustomerGroups,
  groupsOf,
  isGroup,
  joinGroups,
  propertyItem,
  ruleOfGroup,
  shownGroups,
} from '#features/insight/server/breakdown.ts'
import {
  closedSpan,
  eventsOf,
  type Frame,
  isAmong,
  matches,
  momentOf,
  openFrame,
} from '#features/insight/server/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { decimalText, sumScale } from '#features/rules/common/canonical.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { amountOf, eventProperty, isAmount } from '#features/rules/server/index.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

const mostBuckets = 2000

/** The bucket a moment lies in, by the beginnings of all: right in every zone, whatever its clock does. */
export const bucketOf = (moment: Sql, starts: readonly number[]): Sql =>
  sql`roundDown(${moment}, ${typed('Array(Int64)', starts)})`

/** The beginnings of the buckets of a span; too many are refused. */
export function bucketsOf(span: Span, size: TrendQuery['size'], timeZone: string): number[] {
  const starts = bucketStarts(span, size, timeZone, mostBuckets)
  if (starts.length > mostBuckets)
    throw insightError('INSIGHT_TOO_MANY_BUCKETS', { buckets: starts.length, most: mostBuckets })
  return starts
}

/** Rows (customer_id, moment, own, amount, hasAmount) of the events asked for. */
function rowsSql(query: TrendQuery, frame: Pick<Frame, 'among'>, span: Span): Sql {
  const property = query.prop === undefined ? undefined : eventProperty(query.prop).text
  const own = query.by && 'prop' in query.by ? propertyItem(query.by.prop) : sql`''`
  return sql`
    SELECT e.customer_id AS customer_id, ${momentOf} AS moment, ${own} AS own,
      ${property ? amountOf(property) : sql`toDecimal128(0, 9)`} AS amount,
      ${property ? isAmount(property) : sql`0`} AS has_amount
    FROM event AS e FINAL ${eventsOf([query.event.event], span)} AND ${matches(query.event)} AND ${isAmong(frame)}`
}

const itemOf = (query: TrendQuery, groups: CustomerGroups | undefined): { join: Sql; item: Sql } =>
  query.by && 'prop' in query.by ? { join: sql``, item: sql`x.own` } : joinGroups(groups)

type Row = {
  bucket: string
  item: string
  at: string
  of: string
  n: string
  customers: string
  total: string
  amounts: string
}
type Sums = { n: number; customers: number; total: bigint; amounts: number }

const readAmountText = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.split('.')
  const digits = BigInt(`${whole.replace('-', '')}${fraction.padEnd(sumScale, '0').slice(0, sumScale)}`)
  return whole.startsWith('-') ? -digits : digits
}

const figuresOf = (sums: Sums | undefined, hasProp: boolean): TrendFigures => ({
  messages: sums?.n ?? 0,
  customers: sums?.customers ?? 0,
  sum: hasProp ? decimalText(sums?.total ?? 0n, sumScale) : null,
  average:
    hasProp && sums && sums.amounts > 0
      ? Number((Number(sums.total) / 10 ** sumScale / sums.amounts).toPrecision(12))
      : null,
})

/** Sums by (bucket, group): `b` or `i` empty where all of them are counted together. */
async function readSums(
  context: InsightContext,
  source: { rows: Sql; join: Sql; item: Sql },
  starts: readonly number[],
  sets: { groups: Sql; columns: Sql },
): Promise<Map<string, Sums>> {
  const rows = await ask<Row>(
    context,
    sql`
    SELECT r.bucket AS bucket, grouping(r.bucket) AS at, ${sets.columns}, count() AS n,
      uniqExact(r.customer_id) AS customers, toString(sum(r.amount)) AS total, countIf(r.has_amount) AS amounts
    FROM (
      SELECT x.customer_id AS customer_id, ${bucketOf(sql`x.moment`, starts)} AS bucket, ${source.item} AS item,
        x.amount AS amount, x.has_amount AS has_amount
      FROM (${source.rows}) AS x ${source.join}) AS r
    GROUP BY GROUPING SETS (${sets.groups})`,
  )
  const sums = new Map<string, Sums>()
  for (const row of rows) {
    const key = `${Number(row.at) ? '' : row.bucket}|${Number(row.of) ? '' : row.item}`
    const found = sums.get(key) ?? { n: 0, customers: 0, total: 0n, amounts: 0 }
    found.n += Number(row.n)
    found.customers += Number(row.customers)
    found.total += readAmountText(row.total)
    found.amounts += Number(row.amounts)
    sums.set(key, found)
  }
  return sums
}

const allSets = { groups: sql`(r.bucket), ()`, columns: sql`'' AS item, '1' AS of` }
const groupSets = {
  groups: sql`(r.bucket, r.item), (r.item), (r.bucket), ()`,
  columns: sql`r.item AS item, grouping(r.item) AS of`,
}

/** Groups in two steps, so that a property of a million values never becomes an answer of a million rows. */
async function readGroups(
  context: InsightContext,
  query: TrendQuery,
  frame: Frame,
  span: Span,
  starts: number[],
) {
  const groups = await groupsOf(context, query.by)
  const { join, item } = itemOf(query, groups)
  const rows = rowsSql(query, frame, span)
  const sizes = await ask<{ item: string; n: string }>(
    context,
    sql`SELECT ${item} AS item, count() AS n FROM (${rows}) AS x ${join} GROUP BY item`,
  )
  const sized = new Map<string, number>()
  for (const row of sizes) sized.set(row.item, (sized.get(row.item) ?? 0) + Number(row.n))
  const { shown, others } = shownGroups(sized, query.top, groups?.labels)
  const kept = typed(
    'Array(String)',
    shown.map((group) => group.item),
  )
  const folded = sql`if(${item} IN ${kept}, ${item}, ${typed('String', otherGroups)})`
  const sums = await readSums(context, { rows, join, item: folded }, starts, groupSets)
  return { shown, others, sums }
}

async function readBefore(context: InsightContext, query: TrendQuery, frame: Frame, span: Span) {
  const earlier = spanBefore(span, context.timeZone)
  const starts = bucketsOf(earlier, query.size, context.timeZone)
  const source = { rows: rowsSql(query, frame, earlier), join: sql``, item: sql`''` }
  const sums = await readSums(context, source, starts, allSets)
  const hasProp = query.prop !== undefined
  return {
    from: new Date(earlier.fromMs).toISOString(),
    to: new Date(earlier.toMs).toISOString(),
    total: figuresOf(sums.get('|'), hasProp),
    all: starts.map((start) => figuresOf(sums.get(`${start}|`), hasProp)),
  }
}

/** Which buckets are whole: those inside the period that have ended. */
const describeBuckets = (starts: readonly number[], span: Span, now: Date) =>
  starts.map((start, nth) => {
    const end = starts[nth + 1] ?? Infinity
    const isOpen = end > now.getTime() && (end !== Infinity || span.toMs > now.getTime())
    return { from: new Date(start).toISOString(), isPartial: start < span.fromMs || isOpen }
  })

async function run(context: InsightContext, query: TrendQuery) {
  const frame = await openFrame(context, query)
  const span = closedSpan(frame, context.now)
  const starts = bucketsOf(span, query.size, context.timeZone)
  const hasProp = query.prop !== undefined
  const { shown, others, sums } = query.by
    ? await readGroups(context, query, frame, span, starts)
    : {
        shown: [],
        others: null,
        sums: await readSums(
          context,
          { rows: rowsSql(query, frame, span), join: sql``, item: sql`''` },
          starts,
          allSets,
        ),
      }
  const points = (item: string) => starts.map((start) => figuresOf(sums.get(`${start}|${item}`), hasProp))
  const total = (item: string) => figuresOf(sums.get(`|${item}`), hasProp)
  return {
    ...frame.answer,
    buckets: describeBuckets(starts, span, context.now),
    total: total(''),
    all: points(''),
    groups: shown.map((group) => ({ ...group, total: total(group.item), points: points(group.item) })),
    others: others && { ...others, total: total(otherGroups), points: points(otherGroups) },
    before: query.compare ? await readBefore(context, query, frame, span) : null,
  }
}

/** The span a cell counts in. */
function spanOfCell(
  context: InsightContext,
  query: TrendQuery,
  frame: Frame,
  cell: z.output<typeof TrendCell>,
): Span {
  const whole = closedSpan(frame, context.now)
  const span = cell.before ? spanBefore(whole, context.timeZone) : whole
  if (cell.bucket === undefined) return span
  const starts = bucketsOf(span, query.size, context.timeZone)
  const nth = starts.indexOf(Date.parse(cell.bucket))
  const start = starts[nth]
  if (start === undefined) throw insightError('INSIGHT_CELL_UNKNOWN', {})
  return {
    fromMs: Math.max(start, span.fromMs),
    toMs: Math.min(starts[nth + 1] ?? span.toMs, span.toMs),
  }
}

/** Event trend: messages, customers and amounts over time, with groups and the period before. */
export const trend: Analysis<typeof TrendQuery, typeof TrendAnswer, typeof TrendCell> = {
  kind: 'trend',
  operation: 'Trend',
  query: TrendQuery,
  answer: TrendAnswer,
  cell: TrendCell,
  run,
  async customers(context, query, cell) {
    const frame = await openFrame(context, query)
    const groups = await groupsOf(context, query.by)
    const { join, item } = itemOf(query, groups)
    const rows = rowsSql(query, frame, spanOfCell(context, query, frame, cell))
    return sql`SELECT x.customer_id AS customer_id FROM (${rows}) AS x ${join} WHERE ${isGroup(item, cell)}`
  },
  rule(query, cell) {
    if (cell.bucket !== undefined || cell.before) return undefined
    const ofProperty =
      query.by && 'prop' in query.by && cell.item?.startsWith('v') ? query.by.prop : undefined
    const group = ofProperty ? null : ruleOfGroup(query.by, cell.item)
    if (group === undefined || (cell.item === noGroup && !group)) return undefined
    const where = [
      ...(query.event.where ?? []),
      ...(ofProperty ? [{ prop: ofProperty, is: 'eq' as const, value: cell.item?.slice(1) ?? '' }] : []),
    ]
    const did: Rule = { did: query.event.event, within: query.period, ...(where.length ? { where } : {}) }
    return { all: [did, ...(query.audience ? [query.audience] : []), ...(group ? [group] : [])] }
  },
}
