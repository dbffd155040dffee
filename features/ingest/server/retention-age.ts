import { monthsBefore } from '#features/ingest/server/retention-cutoff.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** The moment before which events are not kept; asked for every batch, worked out once a minute. */
export function createOldest(deps: { clock: Clock; months: () => number | undefined }) {
  let minute = Number.NaN
  let ofMonths: number | undefined
  let oldestMs = 0
  return (): number | undefined => {
    const months = deps.months()
    if (months === undefined) return undefined
    const now = deps.clock.now()
    const nowMinute = Math.floor(now.getTime() / 60_000)
    if (nowMinute !== minute || months !== ofMonths) {
      minute = nowMinute
      ofMonths = months
      oldestMs = monthsBefore(now, months).getTime()
    }
    return oldestMs
  }
}

/** For how many months events are kept, in memory; undefined: for ever, where the rule is switched off. */
export function createEventAge(deps: { pg: PgRunner; clock: Clock }) {
  let months: number | undefined
  return {
    months: (): number | undefined => months,
    /** Events that happened before would be purged the next night: collecting refuses them. */
    oldestMs: createOldest({ clock: deps.clock, months: () => months }),
    async reload(): Promise<void> {
      const rule = await deps.pg.first<{ months: number }>(
        sql`SELECT r.months FROM retention_rule AS r WHERE r.class = 'event' AND r.is_on`,
      )
      months = rule?.months
    },
  }
}
