import { lengthMs } from '#features/insight/common/frame.ts'
import {
  boundsUpTo,
  FunnelAnswer,
  FunnelCell,
  FunnelQuery,
  isStrict,
  resolutionOf,
} from '#features/insight/common/funnel.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import { spreadOf, type Weighted } from '#features/insight/common/spread.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { addUp, ask } from '#features/insight/server/ask.ts'
import {
  type CustomerGroups,
  groupsOf,
  isGroup,
  joinGroups,
  ruleOfGroup,
  shownGroups,
} from '#features/insight/server/breakdown.ts'
import { closedSpan, openFrame } from '#features/insight/server/frame.ts'
import { funnelRows } from '#features/insight/server/funnel-sql.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type Row = { item: string; step: number; took: number; n: number }

const grouped = (groups: CustomerGroups | undefined): { join: Sql; item: Sql } =>
  groups ? joinGroups(groups) : { join: sql``, item: sql`x.own` }

/** Counts by group and step, and by step and time, in one scan. */
async function readCounts(
  context: InsightContext,
  query: FunnelQuery,
  rows: Sql,
  groups: CustomerGroups | undefined,
): Promise<{ bySteps: Row[]; byTimes: Row[]; resolution: number }> {
  const resolution = resolutionOf(lengthMs(query.window))
  const { join, item } = grouped(groups)
  const found = await ask<Row & { of: string }>(
    context,
    sql`
    SELECT y.item AS item, y.step AS step, y.took AS took, toString(grouping(y.item)) AS of, count() AS n
    FROM (
      SELECT ${item} AS item, arrayJoin(arrayEnumerate(x.took)) AS step,
        intDiv(x.took[step], ${typed('UInt64', resolution)}) AS took
      FROM (${rows}) AS x ${join}) AS y
    GROUP BY GROUPING SETS ((y.item, y.step), (y.step, y.took))`,
  )
  const added = addUp(found, ['of', 'item', 'step', 'took'], ['n'])
  return {
    bySteps: added.filter((row) => row.of === '0'),
    byTimes: added.filter((row) => row.of === '1'),
    resolution,
  }
}

const share = (part: number, base: number | undefined): number | null => (base ? part / base : null)

/** Customers by step of the groups that a test takes. */
const countsOf = (rows: readonly Row[], steps: number, takes: (item: string) => boolean): number[] =>
  Array.from({ length: steps }, (_, nth) =>
    rows.reduce((sum, row) => sum + (Number(row.step) === nth + 1 && takes(row.item) ? row.n : 0), 0),
  )

async function run(context: InsightContext, query: FunnelQuery) {
  const frame = await openFrame(context, query)
  const groups = await groupsOf(context, query.by)
  const rows = funnelRows(query, frame, closedSpan(frame, context.now))
  const { bySteps, byTimes, resolution } = await readCounts(context, query, rows, groups)
  const count = query.steps.length
  const all = countsOf(bySteps, count, () => true)
  const longest = lengthMs(query.window)
  const spread = (step: number) => {
    const times = byTimes.filter((row) => Number(row.step) === step)
    const values = times.map((row): Weighted => [Number(row.took) * resolution, row.n])
    return spreadOf(values, { resolution, isWhole: true, bounds: boundsUpTo(longest) })
  }
  const sizes = new Map(bySteps.filter((row) => Number(row.step) === 1).map((row) => [row.item, row.n]))
  const { shown, others, fold } = query.by
    ? shownGroups(sizes, query.top, groups?.labels)
    : { shown: [], others: null, fold: (item: string) => item }
  return {
    ...frame.answer,
    isStrict: isStrict(query),
    steps: all.map((customers, nth) => ({
      customers,
      dropped: nth === 0 ? 0 : (all[nth - 1] ?? 0) - customers,
      fromPrevious: nth === 0 ? null : share(customers, all[nth - 1]),
      fromFirst: share(customers, all[0]),
      medianMs: nth === 0 ? null : spread(nth + 1).median,
    })),
    timeToConvert: spread(count),
    groups: shown.map((group) => ({
      ...group,
      customers: countsOf(bySteps, count, (item) => item === group.item),
    })),
    others: others && { ...others, customers: countsOf(bySteps, count, (item) => fold(item) === '+') },
  }
}

/** Funnel: how many customers go through ordered steps in time, where they stop, and how long it takes them. */
export const funnel: Analysis<typeof FunnelQuery, typeof FunnelAnswer, typeof FunnelCell> = {
  kind: 'funnel',
  operation: 'Funnel',
  query: FunnelQuery,
  answer: FunnelAnswer,
  cell: FunnelCell,
  run,
  async customers(context, query, cell) {
    if (cell.step > query.steps.length) throw insightError('INSIGHT_CELL_UNKNOWN', {})
    const frame = await openFrame(context, query)
    const groups = await groupsOf(context, query.by)
    const { join, item } = grouped(groups)
    const resolution = typed('UInt64', resolutionOf(lengthMs(query.window)))
    const step = typed('UInt8', cell.step)
    const reached = cell.dropped ? sql`x.level = ${step}` : sql`x.level >= ${step}`
    const took = sql`intDiv(x.took[${step}], ${resolution}) * ${resolution}`
    const inTime = cell.took
      ? sql`${took} >= ${typed('UInt64', cell.took.fromMs)} AND ${took} < ${typed('UInt64', cell.took.toMs)}`
      : sql`1`
    return sql`
      SELECT x.customer_id AS customer_id FROM (${funnelRows(query, frame, closedSpan(frame, context.now))}) AS x ${join}
      WHERE ${reached} AND ${inTime} AND ${isGroup(item, cell)}`
  },
  rule(query, cell) {
    if (cell.took || query.exclude.length > 0) return undefined
    const group = ruleOfGroup(query.by, cell.item)
    if (group === undefined) return undefined
    const reach = (steps: number): Rule =>
      steps === 1
        ? { did: query.steps[0]?.event ?? '', ...whereOf(query, 0), within: query.period }
        : {
            sequence: query.steps
              .slice(0, steps)
              .map((step, nth) => ({ did: step.event, ...whereOf(query, nth) })),
            within: query.period,
            duration: query.window,
          }
    const parts: Rule[] = [reach(cell.step)]
    if (cell.dropped && cell.step < query.steps.length) parts.push({ not: reach(cell.step + 1) })
    return { all: [...parts, ...(query.audience ? [query.audience] : []), ...(group ? [group] : [])] }
  },
}

const whereOf = ({ steps }: FunnelQuery, nth: number) => {
  const where = steps[nth]?.where
  return where?.length ? { where } : {}
}
