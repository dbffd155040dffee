import type {
  Coverage,
  Definition,
  EventState,
  PlanActivity,
  SeenProperties,
} from '#features/plan/common/plan.ts'
import { ancestorsOf } from '#features/plan/common/plan.ts'
import * as store from '#features/plan/server/plan-store.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

const days = 7
const dayMs = 86_400_000
const mostNames = 2000

const ofCustomers = (scope: OrgScope): Sql =>
  scope.everyone
    ? sql`1`
    : sql`e.customer_id IN (SELECT c.customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')})`

/**
 * Messages since then, each once: of customers in scope and, only for those who see everyone, of visitors, who belong to no
 * org unit. A visitor's message that became a customer's stands in both tables under one id.
 */
const messages = (
  scope: OrgScope,
  since: Sql,
  columns: { ofEvent: Sql; ofVisitor: Sql },
  where = sql`1`,
): Sql => sql`(
  SELECT ${columns.ofEvent} FROM event AS e
  WHERE e.occurred_at >= ${since} AND e.is_deleted = 0 AND ${where} AND ${ofCustomers(scope)}
  ${
    scope.everyone
      ? sql`UNION ALL SELECT ${columns.ofVisitor} FROM event_anonymous AS e
    WHERE e.occurred_at >= ${since} AND e.is_deleted = 0 AND ${where}`
      : sql``
  })`

/** The plan against what really came, from the warehouse. */
export function createPlanReads(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; timeZone: string }) {
  const { pg, ch, clock, timeZone } = deps
  const startOfDay = (moment: Date): Sql =>
    sql`parseDateTime64BestEffort(${typed('String', `${bankDay(moment, timeZone)} 00:00:00`)}, 3, ${typed('String', timeZone)})`
  const startOfWindow = () => startOfDay(new Date(clock.now().getTime() - (days - 1) * dayMs))

  async function activity(scope: OrgScope): Promise<PlanActivity['items']> {
    const columns = sql`e.name AS name, e.msg AS msg, e.occurred_at AS at`
    const rows = await ch.query<{ event: string; today: string; week: string; last_ms: string }>(sql`
      SELECT m.name AS event, uniqExactIf(m.msg, m.at >= ${startOfDay(clock.now())}) AS today, uniqExact(m.msg) AS week,
        toUnixTimestamp64Milli(max(m.at)) AS last_ms
      FROM ${messages(scope, startOfWindow(), { ofEvent: columns, ofVisitor: columns })} AS m
      GROUP BY m.name ORDER BY week DESC, event LIMIT ${typed('UInt32', mostNames)}`)
    return rows.map((row) => ({
      event: row.event,
      today: Number(row.today),
      last7Days: Number(row.week),
      lastAt: new Date(Number(row.last_ms)).toISOString(),
    }))
  }

  async function placeCounts(scope: OrgScope, names: readonly string[]) {
    if (names.length === 0) return []
    const columns = sql`e.name AS name, e.msg AS msg, e.props['space'] AS space, e.props['page'] AS page`
    const where = sql`e.name IN ${typed('Array(String)', names)}`
    return ch.query<{ event: string; space: string; page: string; count: string }>(sql`
      SELECT m.name AS event, m.space AS space, m.page AS page, uniqExact(m.msg) AS count
      FROM ${messages(scope, startOfWindow(), { ofEvent: columns, ofVisitor: columns }, where)} AS m
      GROUP BY m.name, m.space, m.page ORDER BY count DESC LIMIT 100000`)
  }

  return {
    activity,
    async coverage(scope: OrgScope): Promise<Coverage> {
      const rows = await store.listAllEvents(pg)
      const seen = await activity(scope)
      const live = rows.filter((row) => row.state === 'active' || row.state === 'deprecated')
      const placed = live.filter((row) => row.published?.places.length)
      const counts = await placeCounts(
        scope,
        placed.map((row) => row.key),
      )
      return { days, ...compareWithSeen(rows, seen), places: placed.flatMap((row) => placesOf(row, counts)) }
    },
    async seenProperties(scope: OrgScope, key: string, declared: Definition): Promise<SeenProperties> {
      const columns = sql`e.msg AS msg, mapKeys(e.props) AS names`
      const source = messages(
        scope,
        startOfWindow(),
        { ofEvent: columns, ofVisitor: columns },
        sql`e.name = ${typed('String', key)}`,
      )
      const total = await ch.first<{ count: string }>(
        sql`SELECT uniqExact(m.msg) AS count FROM ${source} AS m`,
      )
      const rows = await ch.query<{ name: string; count: string }>(sql`
        SELECT name, uniqExact(m.msg) AS count FROM ${source} AS m ARRAY JOIN m.names AS name
        GROUP BY name ORDER BY count DESC, name LIMIT 500`)
      const known = new Set(declared.properties.map((property) => property.name))
      const isDeclared = (name: string) =>
        known.has(name) || ancestorsOf(name).some((parent) => known.has(parent))
      return {
        messages: Number(total?.count ?? 0),
        items: rows.map(({ name, count }) => ({ name, count: Number(count), isDeclared: isDeclared(name) })),
      }
    },
  }
}

function compareWithSeen(rows: readonly store.PlanRow[], seen: PlanActivity['items']) {
  const states = new Map<string, EventState>(rows.map((row) => [row.key, row.state]))
  const came = new Set(seen.map((one) => one.event))
  const unseen = rows.filter((row) => row.state === 'active' && !came.has(row.key))
  return {
    unseen: unseen.map((row) => ({
      event: row.key,
      state: row.state,
      name: (row.published ?? row.draft).name,
    })),
    undeclared: seen.flatMap(({ event, last7Days, lastAt }): Coverage['undeclared'] => {
      const state = states.get(event) ?? 'unknown'
      return state === 'active' ? [] : [{ event, state, count: last7Days, lastAt }]
    }),
  }
}

type PlaceCount = { event: string; space: string; page: string; count: string }

const placesOf = (row: store.PlanRow, counts: readonly PlaceCount[]): Coverage['places'] =>
  (row.published?.places ?? []).map(({ space, page }) => ({
    event: row.key,
    name: (row.published ?? row.draft).name,
    space,
    page: page ?? null,
    count: counts
      .filter(
        (one) => one.event === row.key && one.space === space && (page === undefined || one.page === page),
      )
      .reduce((sum, one) => sum + Number(one.count), 0),
  }))
