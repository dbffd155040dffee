import {
  BreakpointCell,
  BreakpointQuery,
  Breakpoints,
  type Flow,
  type reasonKinds,
  returnBins,
} from '#features/breakpoints/common/flow.ts'
import { flowError } from '#features/breakpoints/common/flow-errors.ts'
import { attemptRows } from '#features/breakpoints/server/attempt-sql.ts'
import { findFlow } from '#features/breakpoints/server/flow-store.ts'
import {
  type Analysis,
  ask,
  closedSpan,
  groupsOf,
  type InsightContext,
  joinGroups,
  openFrame,
  propertyItem,
  shownGroups,
} from '#features/insight/server/index.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type Counts = Record<
  'attempts' | 'done' | 'stopped' | 'under_way' | 'people' | 'stopped_people' | 'came_back' | 'finished',
  string
>
/** Counts of one division; a column the division does not look at is `…_all`. */
type Row = Counts & {
  step: number
  kind: (typeof reasonKinds)[number]
  reason: string
  bin: number
  item: string
  step_all: string
  kind_all: string
  bin_all: string
  item_all: string
}

const mostReasons = 20

async function open(context: InsightContext, query: BreakpointQuery) {
  const flow = await findFlow(context.pg, query.flow)
  if (!flow) throw flowError('FLOW_NOT_FOUND', { key: query.flow })
  const frame = await openFrame(context, query)
  const span = closedSpan(frame, context.now)
  const item = query.by && 'prop' in query.by ? propertyItem(query.by.prop) : sql`''`
  const rows = attemptRows(flow, { span, among: frame.among, item, nowMs: context.now.getTime() })
  return { flow, frame, rows }
}

const minutesAway = sql`(x.next_started - x.last) / 60000`

/** All divisions in one pass: by step, by reason, by time away, by group, and all together. */
const countsSql = (rows: Sql, join: Sql, item: Sql): Sql => sql`
  SELECT y.step AS step, y.kind AS kind, y.reason AS reason, y.bin AS bin, y.item AS item, grouping(y.step) AS step_all,
    grouping(y.kind) AS kind_all, grouping(y.bin) AS bin_all, grouping(y.item) AS item_all, count() AS attempts,
    countIf(y.is_done) AS done, countIf(y.is_stopped) AS stopped, countIf(NOT y.is_done AND NOT y.is_stopped) AS under_way,
    uniqExact(y.customer_id) AS people, uniqExactIf(y.customer_id, y.is_stopped) AS stopped_people,
    countIf(y.is_stopped AND y.is_back) AS came_back, countIf(y.is_stopped AND y.next_is_done) AS finished
  FROM (
    SELECT x.customer_id AS customer_id, x.step AS step, if(x.is_stopped, x.reason_kind, '') AS kind,
      if(x.is_stopped, x.reason, '') AS reason, x.is_done AS is_done, x.is_stopped AS is_stopped, x.next_started > 0 AS is_back,
      x.next_is_done AS next_is_done, ${item} AS item,
      toInt32(arrayCount(b -> ${minutesAway} >= b, ${typed('Array(Int64)', returnBins)})) AS bin
    FROM (${rows}) AS x ${join}
  ) AS y
  GROUP BY GROUPING SETS ((y.step), (y.step, y.kind, y.reason), (y.bin, y.kind), (y.step, y.item), ())`

const isBy = (row: Row, ...of: ('step' | 'kind' | 'bin' | 'item')[]): boolean =>
  (['step', 'kind', 'bin', 'item'] as const).every(
    (name) => (Number(row[`${name}_all`]) === 0) === of.includes(name),
  )

const sumOf = (rows: readonly Row[], field: keyof Counts): number =>
  rows.reduce((total, row) => total + Number(row[field]), 0)

/** The steps with what happened at each; attempts that came further have come by. */
function stepsOf(flow: Flow, rows: readonly Row[]) {
  let reached = 0
  return flow.steps
    .map(({ key, name }, step) => ({
      key,
      name,
      own: rows.filter((row) => isBy(row, 'step') && row.step === step),
    }))
    .reverse()
    .map(({ key, name, own }) => {
      reached += sumOf(own, 'attempts')
      return {
        ...{ key, name, reached, stopped: sumOf(own, 'stopped'), underWay: sumOf(own, 'under_way') },
        customers: sumOf(own, 'stopped_people'),
        cameBack: sumOf(own, 'came_back'),
      }
    })
    .reverse()
}

/** Reasons by step, the most frequent of each; how many attempts are not among them is told. */
function reasonsOf(flow: Flow, rows: readonly Row[]) {
  const found = new Map<string, { step: number; kind: Row['kind']; reason: string; attempts: number }>()
  for (const { step, kind, reason, stopped } of rows.filter(
    (row) => isBy(row, 'step', 'kind') && Number(row.stopped) > 0,
  )) {
    const key = JSON.stringify([step, kind, reason])
    const one = found.get(key) ?? { step, kind, reason, attempts: 0 }
    one.attempts += Number(stopped)
    found.set(key, one)
  }
  const sorted = [...found.values()].sort(
    (one, other) =>
      one.step - other.step || other.attempts - one.attempts || (one.reason < other.reason ? -1 : 1),
  )
  const shown = flow.steps.flatMap((_, step) =>
    sorted.filter((one) => one.step === step).slice(0, mostReasons),
  )
  const total = (list: readonly { attempts: number }[]) => list.reduce((sum, one) => sum + one.attempts, 0)
  return {
    reasons: shown.map(({ step, ...one }) => ({ step: flow.steps[step]?.key ?? '', ...one })),
    otherReasons: total(sorted) - total(shown),
  }
}

const binsOf = (rows: readonly Row[]) =>
  [...returnBins, null].map((upToMinutes, bin) => {
    const own = rows.filter((row) => isBy(row, 'bin', 'kind') && row.bin === bin)
    return { upToMinutes, cameBack: sumOf(own, 'came_back'), finished: sumOf(own, 'finished') }
  })

/** The groups asked for, the largest first. */
function groupsIn(
  query: BreakpointQuery,
  flow: Flow,
  rows: readonly Row[],
  labels: ReadonlyMap<string, string> | undefined,
) {
  if (!query.by) return { groups: [], otherGroups: 0 }
  const byItem = rows.filter((row) => isBy(row, 'step', 'item'))
  const sizes = new Map<string, number>()
  for (const row of byItem) sizes.set(row.item, (sizes.get(row.item) ?? 0) + Number(row.attempts))
  const { shown, others } = shownGroups(sizes, query.top, labels)
  return {
    groups: shown.map((group) => {
      const own = byItem.filter((row) => row.item === group.item)
      return {
        ...group,
        attempts: sumOf(own, 'attempts'),
        completed: sumOf(own, 'done'),
        stopped: flow.steps.map((_, step) =>
          sumOf(
            own.filter((row) => row.step === step),
            'stopped',
          ),
        ),
      }
    }),
    otherGroups: others?.groups ?? 0,
  }
}

/** Where customers stop in a flow, why, and whether they come back. */
export const breakpoints: Analysis<typeof BreakpointQuery, typeof Breakpoints, typeof BreakpointCell> = {
  kind: 'breakpoints',
  operation: 'Breakpoints',
  query: BreakpointQuery,
  answer: Breakpoints,
  cell: BreakpointCell,
  async run(context, query) {
    const { flow, frame, rows } = await open(context, query)
    const customerGroups = await groupsOf(context, query.by)
    const { join, item } =
      query.by && 'prop' in query.by ? { join: sql``, item: sql`x.item` } : joinGroups(customerGroups)
    const found = await ask<Row>(context, countsSql(rows, join, item))
    const whole = found.filter((row) => isBy(row))
    const { key, name, version, inactivityMinutes } = flow
    return {
      ...frame.answer,
      flow: { key, name, version, inactivityMinutes },
      attempts: sumOf(whole, 'attempts'),
      customers: sumOf(whole, 'people'),
      completed: sumOf(whole, 'done'),
      steps: stepsOf(flow, found),
      ...reasonsOf(flow, found),
      returns: {
        stopped: sumOf(whole, 'stopped'),
        cameBack: sumOf(whole, 'came_back'),
        finished: sumOf(whole, 'finished'),
        bins: binsOf(found),
      },
      ...groupsIn(query, flow, found, customerGroups?.labels),
    }
  },
  async customers(context, query, cell) {
    const { flow, rows } = await open(context, query)
    return sql`SELECT x.customer_id AS customer_id FROM (${rows}) AS x WHERE ${inCell(flow, cell)}`
  },
}

function inCell(flow: Flow, { state, step, reason }: BreakpointCell): Sql {
  const nth = flow.steps.findIndex(({ key }) => key === step)
  if (step !== undefined && nth < 0) throw flowError('FLOW_STEP_UNKNOWN', { step: nth })
  const at = typed('Int16', nth)
  const place = step === undefined ? sql`1` : state === 'reached' ? sql`x.step >= ${at}` : sql`x.step = ${at}`
  const states: { readonly [S in BreakpointCell['state']]: Sql } = {
    attempted: sql`1`,
    reached: sql`1`,
    stopped: sql`x.is_stopped`,
    underWay: sql`NOT x.is_done AND NOT x.is_stopped`,
    completed: sql`x.is_done`,
    cameBack: sql`x.is_stopped AND x.next_started > 0`,
    finished: sql`x.is_stopped AND x.next_is_done`,
    lost: sql`x.is_stopped AND x.next_started = 0`,
  }
  const why = reason
    ? sql`x.reason_kind = ${typed('String', reason.kind)} AND x.reason = ${typed('String', reason.reason)}`
    : sql`1`
  return sql`${place} AND (${states[state]}) AND ${why}`
}
