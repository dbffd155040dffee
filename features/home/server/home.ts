import { tierOf } from '#features/customers/common/aum-tier.ts'
import { aumByCustomer } from '#features/customers/server/index.ts'
import { type Home as HomeNumbers, Home as HomeSchema } from '#features/home/common/home.ts'
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
  campaignSummaries: (scope: OrgScope) => Promise<NonNullable<HomeNumbers['campaigns']>>
  openApprovals: (scope: OrgScope) => Promise<number>
  taskSummary: (caller: Caller) => Promise<NonNullable<HomeNumbers['tasks']>>
}

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

  async function customerCounts(scope: OrgScope) {
    const row = await ch.first<{ customers: string; provisional: string }>(sql`
      SELECT count() AS customers, countIf(c.is_provisional = 1) AS provisional
      FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')}`)
    return { customers: Number(row?.customers ?? 0), provisionalCustomers: Number(row?.provisional ?? 0) }
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
          AND e.occurred_at < ${from} + toIntervalDay(1) AND ${mine}
        GROUP BY date ORDER BY date`),
      ch.query<{ hour: string; count: string }>(sql`
        SELECT toString(toHour(e.occurred_at, ${zone})) AS hour, count() AS count FROM event AS e FINAL
        WHERE e.occurred_at >= ${from} AND e.occurred_at < ${from} + toIntervalDay(1) AND ${mine}
        GROUP BY toHour(e.occurred_at, ${zone}) ORDER BY toHour(e.occurred_at, ${zone})`),
      ch.query<{ name: string; count: string }>(sql`
        SELECT e.name AS name, count() AS count FROM event AS e FINAL
        WHERE e.occurred_at >= ${from} AND e.occurred_at < ${from} + toIntervalDay(1) AND ${mine}
        GROUP BY e.name ORDER BY count DESC, e.name LIMIT 8`),
    ])
    const today = byDay.find((row) => row.date === day)
    return {
      eventsToday: Number(today?.events ?? 0),
      activeToday: Number(today?.customers ?? 0),
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
      const [counts, tiers, days, events, campaigns, approvals, tasks] = await Promise.all([
        when('customer.read', customerCounts),
        when('balance.read', (scope) => aumByTier(scope, day)),
        when('balance.read', (scope) => aumByDay(scope, day)),
        when('event.read', (scope) => activity(scope, day)),
        when('report.read', deps.campaignSummaries),
        when('approval.decide', deps.openApprovals),
        when('task.read', () => deps.taskSummary(caller)),
      ])
      return {
        asOf: now.toISOString(),
        customers: counts?.customers ?? null,
        provisionalCustomers: counts?.provisionalCustomers ?? null,
        aum: days ? (days.at(-1)?.amount ?? '0') : null,
        aumByDay: days ?? null,
        aumByTier: tiers ?? null,
        eventsToday: events?.eventsToday ?? null,
        activeToday: events?.activeToday ?? null,
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
