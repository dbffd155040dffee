import type { IngestRates } from '#features/ingest/common/ingest.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** What one request brought. */
type Brought = {
  receivedAtMs: number
  source: string
  protocol: string
  accepted: number
  rejected: number
  /** Properties left out because they were direct identifiers. */
  dropped: number
}
type Tally = Omit<Brought, 'receivedAtMs'> & { oldestMs: number; newestMs: number }

/** Where a loader tells, segment by segment, what has just become queryable. */
export type RateDoor = { note(segmentId: string, requests: readonly Brought[]): Promise<void> }

const minuteMs = 60_000

/** Sums requests up by source, protocol and minute of receipt. */
export function tallyRequests(requests: readonly Brought[]): Tally[] {
  const tallies = new Map<string, Tally>()
  for (const { receivedAtMs, ...brought } of requests) {
    const key = `${Math.floor(receivedAtMs / minuteMs)}\0${brought.source}\0${brought.protocol}`
    const tally = tallies.get(key)
    if (!tally) {
      tallies.set(key, { ...brought, oldestMs: receivedAtMs, newestMs: receivedAtMs })
      continue
    }
    tally.accepted += brought.accepted
    tally.rejected += brought.rejected
    tally.dropped += brought.dropped
    tally.oldestMs = Math.min(tally.oldestMs, receivedAtMs)
    tally.newestMs = Math.max(tally.newestMs, receivedAtMs)
  }
  return [...tallies.values()]
}

type RateRow = {
  minute: string
  source: string
  protocol: string
  accepted: string
  rejected: string
  dropped: string
  lag_p50_ms: string
  lag_p99_ms: string
}

export type RateStore = RateDoor & { series(minutes: number, source?: string): Promise<IngestRates> }

/** How much came from where, minute by minute. A segment loaded again replaces its own rows, so nothing counts twice. */
export function createRateStore(deps: { ch: ClickHouse; clock: Clock }): RateStore {
  const { ch, clock } = deps
  return {
    async note(segmentId, requests) {
      if (requests.length === 0) return
      const nowMs = clock.now().getTime()
      const rows = tallyRequests(requests).map(({ oldestMs, newestMs, ...tally }) => ({
        ...tally,
        minute: Math.floor(oldestMs / minuteMs) * 60,
        segment: segmentId,
        longest_lag_ms: Math.max(0, nowMs - oldestMs),
        shortest_lag_ms: Math.max(0, nowMs - newestMs),
        ver: nowMs,
      }))
      await ch.insertRows('ingest_rate', rows, { lane: 'load' })
    },
    /**
     * The last `minutes`, by minute, source and protocol. The lags are of segments: half of the messages became queryable
     * within `lagP50Ms`; `lagP99Ms` counts every segment at its oldest message, so it errs upwards.
     */
    async series(minutes, source) {
      const now = clock.now()
      const since = Math.floor(now.getTime() / minuteMs) * 60 - (minutes - 1) * 60
      const ofSource = source === undefined ? sql`1` : sql`r.source = ${typed('String', source)}`
      const rows = await ch.query<RateRow>(sql`
        SELECT toString(toUnixTimestamp(r.minute)) AS minute, r.source AS source, r.protocol AS protocol,
          sum(r.accepted) AS accepted, sum(r.rejected) AS rejected, sum(r.dropped) AS dropped,
          round(quantileExactWeighted(0.5)(intDiv(r.longest_lag_ms + r.shortest_lag_ms, 2), r.accepted + r.rejected)) AS lag_p50_ms,
          round(quantileExactWeighted(0.99)(r.longest_lag_ms, r.accepted + r.rejected)) AS lag_p99_ms
        FROM ingest_rate AS r FINAL
        WHERE r.minute >= toDateTime(${typed('UInt32', since)}, 'UTC') AND ${ofSource}
        GROUP BY r.minute, r.source, r.protocol ORDER BY r.minute, r.source, r.protocol LIMIT 50000`)
      const items = rows.map((row) => ({
        at: new Date(Number(row.minute) * 1000).toISOString(),
        source: row.source,
        protocol: row.protocol,
        accepted: Number(row.accepted),
        rejected: Number(row.rejected),
        dropped: Number(row.dropped),
        lagP50Ms: Number(row.lag_p50_ms),
        lagP99Ms: Number(row.lag_p99_ms),
      }))
      return { asOf: now.toISOString(), items }
    },
  }
}
