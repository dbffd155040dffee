import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type AlarmKind = 'refresh_failed' | 'drift' | 'set_aside'

/** Raises an alarm of segments, or says that its cause is still there. */
export const raiseAlarm = (
  pg: PgRunner,
  keys: readonly string[],
  kind: AlarmKind,
  detail: string,
  now: Date,
) =>
  pg.execute(sql`
    INSERT INTO segment_alarm AS a (segment, kind, detail, raised_at, seen_at)
    SELECT k.key, ${kind}, ${detail}, ${now}::timestamptz, ${now}::timestamptz FROM unnest(${keys}::text[]) AS k(key)
    ON CONFLICT (segment, kind) WHERE closed_at IS NULL
    DO UPDATE SET detail = excluded.detail, seen_at = excluded.seen_at, times = a.times + 1`)

/** Closes an open alarm: its cause has gone. */
export const closeAlarm = (pg: PgRunner, key: string, kind: AlarmKind, now: Date) =>
  pg.execute(sql`
    UPDATE segment_alarm SET closed_at = ${now}::timestamptz
    WHERE segment = ${key} AND kind = ${kind} AND closed_at IS NULL`)
