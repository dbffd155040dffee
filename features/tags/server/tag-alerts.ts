import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import { noticeableShift, seriousShift } from '#features/tags/common/population-shift.ts'
import type { AlertKind, TagAlert, TagAlertQuery } from '#features/tags/common/tag-run.ts'
import { tagRunError } from '#features/tags/common/tag-run-errors.ts'
import type { EngineRow } from '#features/tags/server/tag-work.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Detail = Record<string, string | number | null>
export type Finding = { key: string; kind: AlertKind; severity: TagAlert['severity']; detail: Detail }

/** A coverage that fell by so many percent against the runs before is worth a look, unless the tag says otherwise. */
const usualDrop = 20
/** Coverage is compared with the mean of so many runs. */
const runsCompared = 5
/** Values older than this many refresh intervals are stale. */
const staleIntervals = 2
const staleGraceMinutes = 15

type AlertRow = {
  alert_id: number
  key: string
  name: { zh: string; en: string }
  kind: AlertKind
  severity: TagAlert['severity']
  detail: Detail
  opened_at: Date
  seen_at: Date
  times: number
  acknowledged_at: Date | null
  acknowledged_by: string | null
  reason: string | null
  closed_at: Date | null
}

const describe = (row: AlertRow): TagAlert => ({
  alertId: String(row.alert_id),
  key: row.key,
  name: row.name,
  kind: row.kind,
  severity: row.severity,
  detail: row.detail,
  openedAt: row.opened_at.toISOString(),
  seenAt: row.seen_at.toISOString(),
  times: row.times,
  acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
  acknowledgedBy: row.acknowledged_by,
  reason: row.reason,
  closedAt: row.closed_at?.toISOString() ?? null,
})

/** Mean coverage of the full computations before, by key. */
export async function usualCoverage(pg: PgRunner, keys: readonly string[]): Promise<Map<string, number>> {
  const rows = await pg.query<{ key: string; usual: number }>(sql`
    SELECT k.key, avg(c.coverage)::float8 AS usual FROM unnest(${keys}::text[]) AS k (key)
    CROSS JOIN LATERAL (
      SELECT x.coverage FROM tag_computation AS x
      WHERE x.key = k.key AND x.state = 'done' AND x.mode = 'full' AND x.coverage IS NOT NULL
      ORDER BY x.at DESC, x.computation_id DESC LIMIT ${runsCompared}) AS c
    GROUP BY k.key`)
  return new Map(rows.map((row) => [row.key, row.usual]))
}

/** What a full computation gives rise to. */
export function findingsOf(
  row: EngineRow,
  now: { coverage: number; usual: number | undefined; psi: number | null; hasBitmaps: boolean },
): Finding[] {
  const findings: Finding[] = []
  const { coverage, usual = 0, psi } = now
  const dropped = usual > 0 ? (100 * (usual - coverage)) / usual : 0
  const most = row.alert_coverage_drop ?? usualDrop
  if (dropped >= most) {
    const severity = dropped >= 2 * most ? 'serious' : 'warning'
    findings.push({
      ...{ key: row.key, kind: 'coverage', severity },
      detail: { coverage, usual: Math.round(usual), dropPercent: Math.round(dropped * 10) / 10 },
    })
  }
  if (psi !== null && psi >= (row.alert_psi ?? noticeableShift)) {
    const severity = psi >= seriousShift ? 'serious' : 'warning'
    findings.push({
      ...{ key: row.key, kind: 'drift', severity },
      detail: { psi: Math.round(psi * 1e4) / 1e4, threshold: row.alert_psi ?? noticeableShift },
    })
  }
  if (!now.hasBitmaps && row.type !== 'number') {
    findings.push({
      ...{ key: row.key, kind: 'bitmaps', severity: 'warning' },
      detail: { reason: 'too many different values: rules read rows, which is slower' },
    })
  }
  return findings
}

/** Opens alerts, or says that they are still there. */
export async function openAlerts(tx: PgRunner, findings: readonly Finding[], now: Date): Promise<void> {
  for (const { key, kind, severity, detail } of findings)
    await tx.execute(sql`
      INSERT INTO tag_alert AS a (key, kind, severity, detail, opened_at, seen_at)
      VALUES (${key}, ${kind}, ${severity}, ${JSON.stringify(detail)}::jsonb, ${now}::timestamptz, ${now}::timestamptz)
      ON CONFLICT (key, kind) WHERE closed_at IS NULL
      DO UPDATE SET severity = excluded.severity, detail = excluded.detail, seen_at = excluded.seen_at, times = a.times + 1`)
}

/** Closes alerts of tags whose cause has gone. */
export const closeAlerts = (
  tx: PgRunner,
  keys: readonly string[],
  kinds: readonly AlertKind[],
  now: Date,
): Promise<number> =>
  tx.execute(sql`
    UPDATE tag_alert SET closed_at = ${now}::timestamptz
    WHERE key = ANY(${keys}::text[]) AND kind = ANY(${kinds}::text[]) AND closed_at IS NULL`)

/** Alerts of tags: opened by computing them, acknowledged by people with a reason. */
export function createTagAlerts(deps: { pg: Postgres; clock: Clock; audit: Audit }) {
  const { pg, clock, audit } = deps

  return {
    async list({ limit, cursor, state, key }: z.output<typeof TagAlertQuery>) {
      const after = decodeCursor(cursor, 1)
      const rows = await pg.query<AlertRow>(sql`
        SELECT a.*, t.name FROM tag_alert AS a JOIN tag AS t USING (key)
        WHERE (${key ?? null}::text IS NULL OR a.key = ${key ?? null})
          AND (${state} = 'all' OR ${state} = CASE WHEN a.closed_at IS NOT NULL THEN 'closed'
            WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END)
          AND (${after?.[0] ?? null}::bigint IS NULL OR a.alert_id < ${after?.[0] ?? null}::bigint)
        ORDER BY a.alert_id DESC LIMIT ${limit + 1}`)
      return toPage(rows, limit, (row) => [String(row.alert_id)], describe)
    },

    async acknowledge(caller: Caller, alertId: string, reason: string): Promise<TagAlert> {
      return pg.transaction(async (tx) => {
        const moved = await tx.execute(sql`
          UPDATE tag_alert SET acknowledged_at = ${clock.now()}::timestamptz, acknowledged_by = ${caller.username},
            reason = ${reason}
          WHERE alert_id = ${alertId} AND acknowledged_at IS NULL AND closed_at IS NULL`)
        const row = await tx.first<AlertRow>(sql`
          SELECT a.*, t.name FROM tag_alert AS a JOIN tag AS t USING (key) WHERE a.alert_id = ${alertId}`)
        if (!row) throw tagRunError('TAG_ALERT_NOT_FOUND', { alertId })
        if (moved === 0) throw tagRunError('TAG_ALERT_DONE', { alertId })
        await audit.record(tx, {
          actor: caller.username,
          action: 'tag.alert.acknowledge',
          objectType: 'tag',
          objectId: row.key,
          after: { alertId, kind: row.kind, reason },
        })
        return describe(row)
      })
    },

    /** Opens an alert for each published tag that was not refreshed in time, and closes those that were. */
    async checkStale(): Promise<number> {
      const now = clock.now()
      const rows = await pg.query<{ key: string; computed_at: Date; minutes: number }>(sql`
        SELECT t.key, coalesce(t.computed_at, t.refreshed_at) AS computed_at, t.refresh_every_minutes AS minutes FROM tag AS t
        WHERE t.state = 'active' AND t.refresh_every_minutes IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > ${now}::timestamptz)
          AND coalesce(t.computed_at, t.refreshed_at) + make_interval(mins => t.refresh_every_minutes * ${staleIntervals}::int + ${staleGraceMinutes}::int)
            < ${now}::timestamptz`)
      const findings: Finding[] = rows.map((row) => ({
        ...{ key: row.key, kind: 'stale', severity: 'serious' },
        detail: { computedAt: row.computed_at.toISOString(), everyMinutes: row.minutes },
      }))
      await pg.transaction((tx) => openAlerts(tx, findings, now))
      return rows.length
    },
  }
}
export type TagAlerts = ReturnType<typeof createTagAlerts>
