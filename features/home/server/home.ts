import { tierOf } from '#features/customers/common/aum-tier.ts'
import { aumByCustomer } from '#features/customers/server/index.ts'
import { type Home as HomeNumbers, Home as HomeSchema } from '#features/home/common/home.ts'
import type { Metrics } from '#features/metrics/server/index.ts'
import { isOwnEvent } from '#features/rules/server/index.ts'
import type { Caller, OrgScope, Permission } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Http } from '#platform/server/http.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

export type Home = ReturnType<typeof createHome>

type Deps = {
  ch: ClickHouse
  clock: Clock
  timeZone: string
  metrics: Pick<Metrics, 'nowIn'>
  campaignSummaries: (scope: OrgScope) => Promise<NonNullable<HomeNumbers['campaigns']>>
  openApprovals: (scope: OrgScope) => Promise<number>
  taskSummary: (caller: Caller) => Promise<NonNullable<HomeNumbers['tasks']>>
}

/** The registered figure behind each number, and what it takes to see it. */
const metricKeys = {
  customers: ['customers', 'customer.read'],
  aum: ['aum', 'balance.read'],
  eventsToday: ['events', 'event.read'],
  activeToday: ['active_customers', 'event.read'],
} as const satisfies Record<string, readonly [key: string, permission: Permission]>
type Registered = keyof typeof metricKeys

const aumDays = 30
const activeDays = 14

/** Customers a scope allows, as a subselect; undefined when it allows all, so that no join is paid for. */
const customersIn = (scope: OrgScope): Sql | undefined =>
  scope.everyone
    ? undefined
    : sql`(SELECT c.customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')})`

const within = (column: Sql, scope: OrgScope): Sql => {
  const customers = customersIn(scope)
  return customers ? sql`${column} IN ${customers}` : sql`1`
}

/** A day on which nothing changed ended as the day before. */
function everyDay(
  changes: readonly { date: string; amount: string }[],
  lastDay: string,
): { date: string; amount: string }[] {
  const first = changes[0]
  if (!first) return []
  const amounts = new Map(changes.map(({ date, amount }) => [date, amount]))
  const days: { date: string; amount: string }[] = []
  for (let at = Date.parse(first.date); at <= Date.parse(lastDay); at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10)
    days.push({ date, amount: amounts.get(date) ?? days.at(-1)?.amount ?? '0' })
  }
  return days
}

/** Today's numbers in the caller's scope, each part only for those who may see it. */
export function createHome(deps: Deps) {
  const { ch, clock, timeZone } = deps

  async function provisionalCustomers(scope: OrgScope): Promise<number> {
    const row = await ch.first<{ provisional: string }>(sql`
      SELECT countIf(c.is_provisional = 1) AS provisional
      FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')}`)
    return Number(row?.provisional ?? 0)
  }

  /** The numbers that are registered figures, each computed by its formula for those who may see it. */
  async function registered(caller: Caller) {
    const names = (Object.keys(metricKeys) as Registered[]).filter((name) =>
      caller.permissions.has(metricKeys[name][1]),
    )
    const found = await Promise.all(
      names.map(async (name) => {
        const [key, permission] = metricKeys[name]
        return [name, await deps.metrics.nowIn(caller.scopeOf(permission), key)] as const
      }),
    )
    const values = new Map(found)
    return {
      exact: (name: Registered): string | null => values.get(name)?.numerator ?? null,
      number: (name: Registered): number | null => values.get(name)?.value ?? null,
      metrics: Object.fromEntries(
        found.map(([name, { key, version, definition }]) => [name, { key, version, definition }]),
      ),
    }
  }

  async function aumByTier(scope: OrgScope, day: string) {
    const rows = await ch.query<{ tier: string; customers: string; amount: string; fromAum: string }>(sql`
      SELECT multiIf(a.aum < 1000, 0, a.aum < 50000, 1000, a.aum < 200000, 50000, a.aum < 500000, 200000,
          a.aum < 1000000, 500000, a.aum < 6000000, 1000000, 6000000) AS fromAum,
        count() AS customers, sum(a.aum) AS amount
      FROM (${aumByCustomer(day, within(sql`b.customer_id`, scope))}) AS a
      GROUP BY fromAum ORDER BY fromAum`)
    return rows.map((row) => ({
      tier: tierOf(row.fromAum).code,
      customers: Number(row.customers),
      amount: row.amount,
    }))
  }

  /** AUM per day: the sum of all changes up to it, a change being the difference to the balance before. */
  async function aumByDay(scope: OrgScope, day: string) {
    const rows = await ch.query<{ date: string; amount: string }>(sql`
      SELECT toString(d.date) AS date, toString(sum(d.change) OVER (ORDER BY d.date)) AS amount
      FROM (
        SELECT greatest(x.business_date, toDate32(${typed('String', day)}) - ${typed('UInt32', aumDays)}) AS date, sum(x.change) AS change
        FROM (
          SELECT b.business_date AS business_date,
            b.amount - lagInFrame(b.amount, 1, toDecimal64(0, 2)) OVER (
              PARTITION BY b.customer_id, b.class ORDER BY b.business_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS change
          FROM balance AS b FINAL
          WHERE b.currency = 'CNY' AND b.business_date <= toDate32(${typed('String', day)}) AND ${within(sql`b.customer_id`, scope)}
        ) AS x GROUP BY date
      ) AS d ORDER BY d.date`)
    return everyDay(rows, day)
  }

  async function activity(scope: OrgScope, day: string) {
    const mine = within(sql`e.customer_id`, scope)
    const zone = typed('String', timeZone)
    const from = sql`toDateTime64(concat(${typed('String', day)}, ' 00:00:00'), 3, ${zone})`
    const [byDay, byHour, top] = await Promise.all([
      ch.query<{ date: string; events: string; customers: string }>(sql`
        SELECT toString(toDate(e.occurred_at, ${zone})) AS date, count() AS events, uniqExact(e.customer_id) AS customers
        FROM event AS e FINAL
        WHERE e.occurred_at >= ${from} - toIntervalDay(${typed('UInt32', activeDays - 1)})
          AND e.occurred_at < ${from} + toIntervalDay(1) AND ${isOwnEvent} AND ${mine}
        GROUP BY date ORDER BY date`),
      ch.query<{ hour: string; count: string }>(sql`
        SELECT toString(toHour(e.occurred_at, ${zone})) AS hour, count() AS count FROM event AS e FINAL
        WHERE e.occurred_at >= ${from} AND e.occurred_at < ${from} + toIntervalDay(1) AND ${isOwnEvent} AND ${mine}
        GROUP BY toHour(e.occurred_at, ${zone}) ORDER BY toHour(e.occurred_at, ${zone})`),
      ch.query<{ name: string; count: string }>(sql`
        SELECT e.name AS name, count() AS count FROM event AS e FINAL
        WHERE e.occurred_at >= ${from} AND e.occurred_at < ${from} + toIntervalDay(1) AND ${isOwnEvent} AND ${mine}
        GROUP BY e.name ORDER BY count DESC, e.name LIMIT 8`),
    ])
    return {
      activeByDay: byDay.map((row) => ({
        date: row.date,
        events: Number(row.events),
        customers: Number(row.customers),
      })),
      eventsByHour: Array.from({ length: 24 }, (_, hour) => ({
        hour: String(hour),
        count: Number(byHour.find((row) => row.hour === String(hour))?.count ?? 0),
      })),
      topEvents: top.map((row) => ({ name: row.name, count: Number(row.count) })),
    }
  }

  return {
    async numbers(caller: Caller): Promise<HomeNumbers> {
      const now = clock.now()
      const day = bankDay(now, timeZone)
      const when = async <T>(
        permission: Permission,
        read: (scope: OrgScope) => Promise<T>,
      ): Promise<T | undefined> =>
        caller.permissions.has(permission) ? read(caller.scopeOf(permission)) : undefined
      const [figures, provisional, tiers, days, events, campaigns, approvals, tasks] = await Promise.all([
        registered(caller),
        when('customer.read', provisionalCustomers),
        when('balance.read', (scope) => aumByTier(scope, day)),
        when('balance.read', (scope) => aumByDay(scope, day)),
        when('event.read', (scope) => activity(scope, day)),
        when('report.read', deps.campaignSummaries),
        when('approval.decide', deps.openApprovals),
        when('task.read', () => deps.taskSummary(caller)),
      ])
      return {
        asOf: now.toISOString(),
        metrics: figures.metrics,
        customers: figures.number('customers'),
        provisionalCustomers: provisional ?? null,
        aum: figures.exact('aum'),
        aumByDay: days ?? null,
        aumByTier: tiers ?? null,
        eventsToday: figures.number('eventsToday'),
        activeToday: figures.number('activeToday'),
        activeByDay: events?.activeByDay ?? null,
        eventsByHour: events?.eventsByHour ?? null,
        topEvents: events?.topEvents ?? null,
        campaigns: campaigns ?? null,
        openApprovals: approvals ?? null,
        tasks: tasks ?? null,
      }
    },
  }
}

export function registerHomeRoutes(http: Http, deps: { home: Home }): void {
  http.get(
    '/api/home',
    {
      config: { permission: 'self' },
      schema: { operationId: 'getHome', tags: ['home'], response: { 200: HomeSchema } },
    },
    async (request) => deps.home.numbers(request.caller),
  )
}
