import { type Analysis, amongSql, ask, type InsightContext } from '#features/insight/server/index.ts'
import { aumFacts, tierOfDays } from '#features/metrics/server/index.ts'
import { startOfDate } from '#features/rules/common/bank-time.ts'
import {
  Increment,
  IncrementCell,
  IncrementQuery,
  Migration,
  MigrationCell,
  MigrationQuery,
} from '#features/value/common/value.ts'
import { valueError } from '#features/value/common/value-errors.ts'
import { addExactly, cents } from '#features/value/server/exact-sums.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type Row = { from: string; to: string; customers: string; opening: string; closing: string }
type Asked = Pick<MigrationQuery, 'from' | 'to' | 'audience'>

/** Customers with their nodes: rows (customer_id, from_node, to_node, opening, closing in cents). */
async function nodeRows(context: InsightContext, query: Asked): Promise<Sql> {
  if (!context.mayReadBalances) throw valueError('VALUE_AMOUNTS', {})
  const among = await amongSql(context, query)
  const facts = aumFacts({ opening: query.from, closing: query.to }, sql`b.customer_id IN (${among})`)
  return sql`
    SELECT a.customer_id AS customer_id, if(a.is_new, 'new', ${tierOfDays(sql`a.opening_days`)}) AS from_node,
      if(a.is_closed, 'closed', ${tierOfDays(sql`a.closing_days`)}) AS to_node,
      toInt128(a.opening * 100) AS opening, toInt128(a.closing * 100) AS closing
    FROM (${facts}) AS a`
}

const frameOf = async (context: InsightContext, query: Asked) => {
  const { scope, rules, timeZone, now, options } = context
  const { count } = await rules.count(scope, query.audience ?? { all: [] }, { path: 'audience' }, options)
  const iso = (day: string) => new Date(startOfDate(day, timeZone)).toISOString()
  return {
    asOf: now.toISOString(),
    exact: true,
    period: { from: iso(query.from), to: iso(query.to) },
    base: count,
  }
}

async function readFlows(context: InsightContext, query: Asked) {
  const nodes = await nodeRows(context, query)
  const rows = await ask<Row>(
    context,
    sql`
    SELECT n.from_node AS from, n.to_node AS to, toString(count()) AS customers, toString(sum(n.opening)) AS opening,
      toString(sum(n.closing)) AS closing
    FROM (${nodes}) AS n GROUP BY n.from_node, n.to_node`,
  )
  const flows = addExactly(rows, (row) => `${row.from} ${row.to}`, ['customers', 'opening', 'closing'])
  return [...flows.values()]
    .map(({ row, sums }) => ({
      from: row.from,
      to: row.to,
      customers: Number(sums.get('customers')),
      opening: sums.get('opening') ?? 0n,
      closing: sums.get('closing') ?? 0n,
    }))
    .sort((one, other) => (one.from + one.to < other.from + other.to ? -1 : 1))
}

const isNode = (column: Sql, node: string | undefined): Sql =>
  node === undefined ? sql`1` : sql`${column} = ${typed('String', node)}`

/** Customers between AUM tiers at two dates: every one with a balance is in exactly one flow. */
export const migration: Analysis<typeof MigrationQuery, typeof Migration, typeof MigrationCell> = {
  kind: 'aum-migration',
  operation: 'AumMigration',
  query: MigrationQuery,
  answer: Migration,
  cell: MigrationCell,
  async run(context, query) {
    const [frame, flows] = await Promise.all([frameOf(context, query), readFlows(context, query)])
    const inFlows = flows.reduce((sum, flow) => sum + flow.customers, 0)
    return {
      ...frame,
      withoutBalance: frame.base - inFlows,
      flows: flows.map((flow) => ({ ...flow, opening: cents(flow.opening), closing: cents(flow.closing) })),
    }
  },
  async customers(context, query, { from, to }) {
    const nodes = await nodeRows(context, query)
    return sql`SELECT n.customer_id AS customer_id FROM (${nodes}) AS n
      WHERE ${isNode(sql`n.from_node`, from)} AND ${isNode(sql`n.to_node`, to)}`
  },
}

const longTail = ['T0', 'T1']

/** The AUM increment between two dates by tier at the opening, and the long tail's share of it. */
export const increment: Analysis<typeof IncrementQuery, typeof Increment, typeof IncrementCell> = {
  kind: 'aum-increment',
  operation: 'AumIncrement',
  query: IncrementQuery,
  answer: Increment,
  cell: IncrementCell,
  async run(context, query) {
    const [frame, flows] = await Promise.all([frameOf(context, query), readFlows(context, query)])
    const names = [...new Set(flows.map(({ from }) => from))]
    const sum = (tiers: readonly string[], of: (flow: (typeof flows)[number]) => bigint) =>
      flows.filter(({ from }) => tiers.includes(from)).reduce((total, flow) => total + of(flow), 0n)
    const grown = (tiers: readonly string[]) => sum(tiers, ({ opening, closing }) => closing - opening)
    const whole = grown(names)
    const shareOf = (part: bigint) => (whole > 0n ? Number(part) / Number(whole) : null)
    return {
      ...frame,
      increment: cents(whole),
      longTail: cents(grown(longTail)),
      longTailShare: shareOf(grown(longTail)),
      tiers: names.map((tier) => ({
        tier,
        customers: Number(sum([tier], ({ customers }) => BigInt(customers))),
        opening: cents(sum([tier], ({ opening }) => opening)),
        closing: cents(sum([tier], ({ closing }) => closing)),
        increment: cents(grown([tier])),
        share: shareOf(grown([tier])),
      })),
    }
  },
  async customers(context, query, { tier }) {
    const nodes = await nodeRows(context, query)
    return sql`SELECT n.customer_id AS customer_id FROM (${nodes}) AS n WHERE ${isNode(sql`n.from_node`, tier)}`
  },
}
