import { aumByCustomer } from '#features/customers/server/index.ts'
import {
  type Analysis,
  ask,
  closedSpan,
  type InsightContext,
  openFrame,
} from '#features/insight/server/index.ts'
import { Rfm, RfmCell, RfmQuery } from '#features/value/common/value.ts'
import { addExactly, cents, nano } from '#features/value/server/exact-sums.ts'
import { type Bounds, boundsSql, groupedRows, measuredRows } from '#features/value/server/rfm-sql.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type Row = { r: number; f: number; customers: string; amount: string; aum: string } & Record<
  `m${1 | 2 | 3 | 4 | 5}`,
  string
>
const monetary = ['m1', 'm2', 'm3', 'm4', 'm5'] as const

async function grouped(context: InsightContext, query: RfmQuery) {
  const frame = await openFrame(context, query)
  const measured = measuredRows(query, closedSpan(frame, context.now), frame.among, context.timeZone)
  // Groups are shares of all customers, so their bounds are found over all shards; the rest stays where it lies.
  const found = await context.ch.query<{ part: keyof Bounds; grp: number; bound: string; is_taken: number }>(
    boundsSql(measured),
    context.options,
  )
  const bounds: Bounds = { recency: [], frequency: [], monetary: [] }
  for (const { part, bound, is_taken } of found) if (is_taken) bounds[part].push(bound)
  return { frame, rows: groupedRows(measured, bounds) }
}

const gridSql = (rows: Sql, aum: Sql): Sql => sql`
  SELECT g.r AS r, g.f AS f, toString(count()) AS customers, toString(sum(g.amount)) AS amount,
    toString(toInt128(sum(ifNull(a.aum, 0)) * 100)) AS aum, toString(countIf(g.mon = 1)) AS m1, toString(countIf(g.mon = 2)) AS m2,
    toString(countIf(g.mon = 3)) AS m3, toString(countIf(g.mon = 4)) AS m4, toString(countIf(g.mon = 5)) AS m5
  FROM (${rows}) AS g LEFT JOIN (${aum}) AS a ON a.customer_id = g.customer_id
  GROUP BY g.r, g.f`

/** The RFM grid: recency by frequency, monetary groups inside. */
export const rfm: Analysis<typeof RfmQuery, typeof Rfm, typeof RfmCell> = {
  kind: 'rfm',
  operation: 'Rfm',
  query: RfmQuery,
  answer: Rfm,
  cell: RfmCell,
  async run(context, query) {
    const { frame, rows } = await grouped(context, query)
    const aum = aumByCustomer(bankDay(context.now, context.timeZone), sql`b.customer_id IN (${frame.among})`)
    const found = await ask<Row>(context, gridSql(rows, aum))
    const cells = addExactly(found, ({ r, f }) => `${r} ${f}`, ['customers', 'amount', 'aum', ...monetary])
    const list = [...cells.values()].map(({ row, sums }) => ({
      recency: row.r,
      frequency: row.f,
      customers: Number(sums.get('customers')),
      amount: nano(sums.get('amount') ?? 0n),
      aum: context.mayReadBalances ? cents(sums.get('aum') ?? 0n) : null,
      monetary: monetary.map((name) => Number(sums.get(name))),
    }))
    list.sort((one, other) => one.recency - other.recency || one.frequency - other.frequency)
    return { ...frame.answer, customers: list.reduce((sum, cell) => sum + cell.customers, 0), cells: list }
  },
  async customers(context, query, cell) {
    const { rows } = await grouped(context, query)
    const is = (name: Sql, group: number | undefined) =>
      group === undefined ? sql`1` : sql`${name} = ${typed('UInt8', group)}`
    return sql`SELECT g.customer_id AS customer_id FROM (${rows}) AS g
      WHERE ${is(sql`g.r`, cell.recency)} AND ${is(sql`g.f`, cell.frequency)} AND ${is(sql`g.mon`, cell.monetary)}`
  },
}
