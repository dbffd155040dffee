import type { BaseFormula, Formula } from '#features/metrics/common/metric.ts'
import { metricError } from '#features/metrics/common/metric-errors.ts'
import { daysIn, type Grain, type Period } from '#features/metrics/common/metric-period.ts'
import {
  aumFactsOf,
  byOrg,
  eventsFacts,
  type FlowContext,
  intervalFacts,
} from '#features/metrics/server/metric-sql.ts'
import { addDays, startOfDate } from '#features/rules/common/bank-time.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { childrenOf } from '#features/rules/common/walk-rule.ts'
import { amountOf, type Rules, tagRowsSql } from '#features/rules/server/index.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

/** What one org unit's own customers add to a figure in a period; numbers as decimal text. */
export type OrgFigure = { period: string; orgId: number; numerator: string; denominator: string }

/** Figures of the periods that could be computed; `divisor` divides those whose denominators are not figures themselves. */
export type Figures = {
  periods: Period[]
  rows: OrgFigure[]
  addsDenominators: boolean
  divisorOf: DivisorOf
}
type DivisorOf = (period: Period) => number

type Row = { period: string; org_id: number; numerator: string; denominator: string }

/** Formulas with denominators of their own, which add up as numerators do. */
export const addsDenominators = (formula: Formula): boolean =>
  'interval' in formula || 'ratio' in formula || ('tag' in formula && formula.tag.of === 'average')

const scale = 9

/** Decimal text as a whole count of 10^-9. */
export function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  const size = BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale))
  return text.startsWith('-') ? -size : size
}

/** A whole count of 10^-9 as decimal text. */
export function unscaled(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return value < 0n ? `-${text}` : text
}

const earlier = (one: string, other: string): string => [one, other].sort()[0] ?? one

/** Whether a rule looks only at events of windows that end with its own moment, so that it can be asked as of a past one. */
function isAboutEvents(rule: Rule): boolean {
  if ('did' in rule && !('near' in rule)) {
    const { within } = rule
    return within !== undefined && ('days' in within || 'hours' in within || 'minutes' in within)
  }
  const isGroup = 'all' in rule || 'any' in rule || 'not' in rule
  return isGroup && childrenOf(rule, '').every((child) => isAboutEvents(child.rule))
}

export type MetricComputer = ReturnType<typeof createMetricComputer>

/** Computes formulas by org unit of the customers' owners, set-based; `rulesAt` answers rules as of another moment. */
export function createMetricComputer(deps: {
  ch: ClickHouse
  clock: Clock
  timeZone: string
  rules: Pick<Rules, 'memberIdsSql' | 'prepare'>
  rulesAt: (now: Date) => Pick<Rules, 'memberIdsSql'>
}) {
  const { ch, clock, timeZone, rules } = deps
  const today = () => bankDay(clock.now(), timeZone)

  async function read(facts: Sql, scope: OrgScope, options: QueryOptions): Promise<OrgFigure[]> {
    const rows = await ch.onEachShard((shard) => shard.query<Row>(byOrg(scope, facts), options))
    return rows.flat().map((row) => ({
      period: row.period,
      orgId: row.org_id,
      numerator: row.numerator,
      denominator: row.denominator,
    }))
  }

  const atPeriod = (
    ids: Sql,
    period: Period,
    numerator: Sql = sql`toDecimal128(1, 9)`,
    denominator = sql`toDecimal128(0, 0)`,
  ) => sql`
    SELECT i.customer_id AS customer_id, toDate32(${typed('String', period.first)}) AS period, ${numerator} AS numerator,
      ${denominator} AS denominator FROM (${ids}) AS i`

  /** Customers of a rule at the end of a period; undefined where the past cannot be asked. */
  async function customersFacts(rule: Rule | undefined, period: Period): Promise<Sql | undefined> {
    const isNow = period.last >= today()
    if (!isNow && !(rule && isAboutEvents(rule))) return undefined
    if (!rule) return atPeriod(sql`SELECT DISTINCT c.customer_id AS customer_id FROM customer AS c`, period)
    const end = new Date(startOfDate(addDays(period.last, 1), timeZone) - 1)
    const at = isNow ? rules : deps.rulesAt(end)
    const ids = await at.memberIdsSql(scopeOfEveryone, rule)
    return atPeriod(sql`SELECT DISTINCT m.customer_id AS customer_id FROM (${ids}) AS m`, period)
  }

  async function tagFacts(
    { key, of }: Extract<BaseFormula, { tag: unknown }>['tag'],
    period: Period,
  ): Promise<Sql | undefined> {
    if (period.last < today()) return undefined
    const { tags } = await rules.prepare(scopeOfEveryone, { tag: key, is: 'exists' })
    const tag = tags.get(key)
    if (!tag || tag.refreshId === null) return undefined
    const values = tagRowsSql({ key, refreshId: tag.refreshId, hasRecent: tag.hasRecent })
    if (of === 'customers') return atPeriod(values, period)
    return atPeriod(
      values,
      period,
      amountOf(sql`i.value`),
      of === 'average' ? sql`toDecimal128(1, 9)` : undefined,
    )
  }

  /** What needs a query a period: those of the past that cannot be asked are left out. */
  async function byPeriod(
    periods: readonly Period[],
    scope: OrgScope,
    options: QueryOptions,
    factsOf: (period: Period) => Promise<Sql | undefined> | Sql,
  ) {
    const done: Period[] = []
    const rows: OrgFigure[] = []
    for (const period of periods) {
      const facts = await factsOf(period)
      if (!facts) continue
      done.push(period)
      rows.push(...(await read(facts, scope, options)))
    }
    return { periods: done, rows }
  }

  /** A formula by period and org unit of the owner, for customers in scope. */
  async function compute(
    formula: BaseFormula,
    grain: Grain,
    asked: readonly Period[],
    scope: OrgScope,
    options: QueryOptions,
  ): Promise<Figures> {
    const periods = asked.filter((period) => period.first <= today())
    const context: FlowContext = { timeZone, grain, scope, nowMs: clock.now().getTime() }
    const only = scope.everyone
      ? sql`1`
      : sql`b.customer_id IN (SELECT c.customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')})`
    const one = { addsDenominators: addsDenominators(formula), divisorOf: () => 1 }
    if (periods.length === 0) return { ...one, periods: [], rows: [] }
    if ('events' in formula)
      return {
        ...one,
        periods: [...periods],
        rows: await read(eventsFacts(formula.events, periods, context), scope, options),
      }
    if ('interval' in formula)
      return {
        ...one,
        periods: [...periods],
        rows: await read(intervalFacts(formula.interval, periods, context), scope, options),
      }
    if ('aum' in formula) {
      const isAverage = formula.aum.of === 'average'
      const last = today()
      return {
        ...one,
        divisorOf: isAverage
          ? (period) => daysIn({ first: period.first, last: earlier(period.last, last) })
          : () => 1,
        ...(await byPeriod(periods, scope, options, (period) => aumFactsOf(formula.aum, period, last, only))),
      }
    }
    if ('tag' in formula)
      return {
        ...one,
        ...(await byPeriod(periods, scope, options, (period) => tagFacts(formula.tag, period))),
      }
    const { rule } = formula.customers
    return { ...one, ...(await byPeriod(periods, scope, options, (period) => customersFacts(rule, period))) }
  }

  return {
    /** As `compute`; a ratio is computed from its two metrics, unit by unit. */
    async figures(
      formula: Formula,
      parts: (key: string) => Promise<BaseFormula | undefined>,
      ask: { grain: Grain; periods: readonly Period[]; scope: OrgScope; options: QueryOptions },
    ): Promise<Figures> {
      const { grain, periods, scope, options } = ask
      if (!('ratio' in formula)) return compute(formula, grain, periods, scope, options)
      const of = async (key: string) => {
        const part = await parts(key)
        if (!part) throw metricError('METRIC_RATIO_PART', { key })
        return compute(part, grain, periods, scope, options)
      }
      const [above, below] = await Promise.all([of(formula.ratio.of), of(formula.ratio.to)])
      return divide(above, below, formula.ratio.factor)
    },
  }
}

const placeOf = (figure: OrgFigure): string => `${figure.period} ${figure.orgId}`

function sumBy(rows: readonly OrgFigure[]): Map<string, { numerator: bigint; denominator: bigint }> {
  const sums = new Map<string, { numerator: bigint; denominator: bigint }>()
  for (const row of rows) {
    const sum = sums.get(placeOf(row)) ?? { numerator: 0n, denominator: 0n }
    sum.numerator += scaled(row.numerator)
    sum.denominator += scaled(row.denominator)
    sums.set(placeOf(row), sum)
  }
  return sums
}

/** One figure by another: units that only one of them has count as 0 in the other. */
function divide(above: Figures, below: Figures, factor: number): Figures {
  const [numerators, denominators] = [sumBy(above.rows), sumBy(below.rows)]
  const periods = above.periods.filter(({ first }) => below.periods.some((other) => other.first === first))
  const places = [...new Set([...numerators.keys(), ...denominators.keys()])]
  const rows = periods.flatMap((period) => {
    const [belowBy, aboveBy] = [BigInt(below.divisorOf(period) * factor), BigInt(above.divisorOf(period))]
    return places
      .filter((place) => place.startsWith(`${period.first} `))
      .map((place) => ({
        period: period.first,
        orgId: Number(place.slice(11)),
        numerator: unscaled((numerators.get(place)?.numerator ?? 0n) * belowBy),
        denominator: unscaled((denominators.get(place)?.numerator ?? 0n) * aboveBy),
      }))
  })
  return { periods, rows, addsDenominators: true, divisorOf: () => 1 }
}

/** Figures of all units together, by period. */
export function totalOf(figures: Figures, period: Period): { numerator: string; denominator: string } {
  const rows = figures.rows.filter((row) => row.period === period.first)
  const sum = (field: 'numerator' | 'denominator') =>
    unscaled(rows.reduce((total, row) => total + scaled(row[field]), 0n))
  return {
    numerator: sum('numerator'),
    denominator: figures.addsDenominators ? sum('denominator') : String(figures.divisorOf(period)),
  }
}

/** A value as a number; nothing divided by nothing is none. */
export function quotientOf(numerator: string, denominator: string): number | null {
  return Number(denominator) === 0 ? null : Number(numerator) / Number(denominator)
}
