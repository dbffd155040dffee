import type { EventNames, EventProperties } from '#features/ingest/common/ingest.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

/** Rows of this event that examples are taken from. */
const sampledRows = 50_000

const inScope = (scope: OrgScope): Sql =>
  scope.everyone
    ? sql`1`
    : sql`e.customer_id IN (SELECT c.customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')})`

/** What screens want to know about events. */
export function createIngestReads(deps: { ch: ClickHouse; clock: Clock; timeZone: string }) {
  const { ch, clock, timeZone } = deps
  return {
    /** Messages received today, by source; a bound visitor's message stands in both tables and counts once. */
    async countToday(): Promise<Map<string, number>> {
      const today = typed('String', `${bankDay(clock.now(), timeZone)} 00:00:00`)
      const since = sql`parseDateTime64BestEffort(${today}, 3, ${typed('String', timeZone)})`
      const rows = await ch.query<{ source: string; count: string }>(sql`
        SELECT t.source AS source, uniqExact(t.msg) AS count FROM (
          SELECT e.source, e.msg FROM event AS e WHERE e.received_at >= ${since}
          UNION ALL SELECT a.source, a.msg FROM event_anonymous AS a WHERE a.received_at >= ${since}
        ) AS t GROUP BY t.source`)
      return new Map(rows.map((row) => [row.source, Number(row.count)]))
    },
    /** Names of the events of customers in scope, the most frequent first. */
    async eventNames(scope: OrgScope): Promise<EventNames['items']> {
      const rows = await ch.query<{ name: string; count: string; last_ms: string }>(sql`
        SELECT e.name AS name, count() AS count, toUnixTimestamp64Milli(max(e.occurred_at)) AS last_ms
        FROM event AS e FINAL WHERE ${inScope(scope)} GROUP BY e.name ORDER BY count DESC, name LIMIT 1000`)
      return rows.map(({ name, count, last_ms }) => ({
        name,
        count: Number(count),
        lastAt: new Date(Number(last_ms)).toISOString(),
      }))
    },
    /** Properties of an event with a few values each, as customers in scope have them. */
    async eventProperties(scope: OrgScope, name: string): Promise<EventProperties['items']> {
      return ch.query(sql`
        SELECT key AS name, arraySort(groupUniqArray(5)(substringUTF8(value, 1, 200))) AS examples
        FROM (SELECT e.props AS props FROM event AS e FINAL
          WHERE e.name = ${typed('String', name)} AND ${inScope(scope)} LIMIT ${typed('UInt32', sampledRows)}) AS s
        ARRAY JOIN mapKeys(s.props) AS key, mapValues(s.props) AS value
        GROUP BY key ORDER BY count() DESC, name LIMIT 500`)
    },
  }
}

export type IngestReads = ReturnType<typeof createIngestReads>
