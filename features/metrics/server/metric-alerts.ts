import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type {
  AlarmQuery,
  CreateAlert,
  Formula,
  MetricAlarm,
  MetricAlert,
} from '#features/metrics/common/metric.ts'
import { isAlarm } from '#features/metrics/common/metric-alarm.ts'
import { metricError } from '#features/metrics/common/metric-errors.ts'
import { periodBefore, periodOf } from '#features/metrics/common/metric-period.ts'
import { quotientOf } from '#features/metrics/server/compute-metrics.ts'
import { orgIdsOf, unitsOf } from '#features/metrics/server/metric-scope.ts'
import type { MetricRow } from '#features/metrics/server/metric-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type AlertRow = {
  alert_id: number
  key: string
  grain: MetricAlert['grain']
  org_id: number
  org_name: string
  kind: MetricAlert['kind']
  threshold: string | null
  created_by: string
}
type AlarmRow = AlertRow & {
  alarm_id: number
  name: MetricAlarm['name']
  period: string
  value: string | null
  previous: string | null
  raised_at: Date
  acknowledged_by: string | null
  acknowledged_at: Date | null
  note: string | null
}

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text))

const describeAlert = (row: AlertRow): MetricAlert => ({
  alertId: row.alert_id,
  key: row.key,
  grain: row.grain,
  orgId: row.org_id,
  orgName: row.org_name,
  kind: row.kind,
  threshold: numberOf(row.threshold),
  createdBy: row.created_by,
})

const describeAlarm = (row: AlarmRow): MetricAlarm => ({
  alarmId: row.alarm_id,
  key: row.key,
  name: row.name,
  orgId: row.org_id,
  orgName: row.org_name,
  grain: row.grain,
  kind: row.kind,
  threshold: numberOf(row.threshold),
  period: row.period,
  value: numberOf(row.value),
  previous: numberOf(row.previous),
  raisedAt: row.raised_at.toISOString(),
  acknowledgedBy: row.acknowledged_by,
  acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
  note: row.note,
})

/** Alerts on figures of an org unit, looked at once a period has ended; alarms wait until somebody acknowledges them. */
export function createMetricAlerts(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  get: (key: string) => Promise<MetricRow>
  scopeFor: (caller: Caller, row: MetricRow) => Promise<OrgScope>
  addsDenominators: (formula: Formula) => boolean
}) {
  const { pg, clock, audit, get } = deps

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    key: string,
    change: object,
    reason?: string,
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'metric',
      objectId: key,
      ...change,
      reason,
    })

  async function create(caller: Caller, key: string, input: CreateAlert): Promise<MetricAlert> {
    const row = await get(key)
    if (!row.grains.includes(input.grain)) throw metricError('METRIC_GRAIN', { key, grain: input.grain })
    const scope = await deps.scopeFor(caller, row)
    return pg.transaction(async (tx) => {
      await unitsOf(tx, scope, input.orgId)
      const made = await tx.first<AlertRow>(sql`
        WITH made AS (
          INSERT INTO metric_alert (key, grain, org_id, kind, threshold, created_by, created_at)
          VALUES (${key}, ${input.grain}, ${input.orgId}, ${input.kind}, ${input.threshold ?? null}::numeric,
            ${caller.username}, ${clock.now()}::timestamptz) RETURNING *)
        SELECT m.*, u.name AS org_name FROM made AS m JOIN org_unit_current AS u ON u.org_id = m.org_id`)
      const alert = describeAlert(made as AlertRow)
      await record(tx, caller, 'metric.alert.create', key, { after: alert })
      return alert
    })
  }

  async function list(caller: Caller, key: string): Promise<MetricAlert[]> {
    const orgIds = orgIdsOf(await deps.scopeFor(caller, await get(key)))
    const rows = await pg.query<AlertRow>(sql`
      SELECT r.*, u.name AS org_name FROM metric_alert AS r JOIN org_unit_current AS u ON u.org_id = r.org_id
      WHERE r.key = ${key} AND r.state = 'active' AND (${orgIds === null} OR r.org_id = ANY(${orgIds ?? []}::int[]))
      ORDER BY r.alert_id`)
    return rows.map(describeAlert)
  }

  async function remove(caller: Caller, key: string, alertId: number): Promise<void> {
    const found = (await list(caller, key)).find((alert) => alert.alertId === alertId)
    if (!found) throw metricError('METRIC_ALERT_NOT_FOUND', {})
    await pg.transaction(async (tx) => {
      await tx.execute(sql`UPDATE metric_alert SET state = 'retired' WHERE alert_id = ${alertId}`)
      await record(tx, caller, 'metric.alert.delete', key, { before: found })
    })
  }

  /** Looks at the period that ended last, of every alert, in one statement each way; says each once. */
  async function check(today: string): Promise<number> {
    const rows = await pg.query<AlertRow & { version: number; formula: Formula; made_at: Date }>(sql`
      SELECT r.*, r.created_at AS made_at, m.version, m.formula, '' AS org_name FROM metric_alert AS r
      JOIN metric AS m ON m.key = r.key AND m.state = 'active' WHERE r.state = 'active'`)
    let raised = 0
    for (const row of rows) {
      const ended = periodBefore(periodOf(today, row.grain).first, row.grain)
      const before = periodBefore(ended.first, row.grain)
      const [value, previous] = await Promise.all([ended, before].map(({ first }) => readValue(row, first)))
      const found = { kind: row.kind, threshold: Number(row.threshold ?? 0), value, previous }
      if (!isAlarm(found)) continue
      raised += await pg.execute(sql`
        INSERT INTO metric_alarm (alert_id, period, version, value, previous, raised_at)
        VALUES (${row.alert_id}, ${ended.first}::date, ${row.version}, ${value ?? null}::numeric, ${previous ?? null}::numeric,
          ${clock.now()}::timestamptz) ON CONFLICT (alert_id, period) DO NOTHING`)
    }
    return raised
  }

  /** A stored value; undefined where none was computed, null where there was nothing to divide by. */
  async function readValue(
    row: AlertRow & { version: number; formula: Formula },
    period: string,
  ): Promise<number | null | undefined> {
    const found = await pg.first<{ numerator: string; denominator: string }>(sql`
      SELECT coalesce(v.numerator, 0)::text AS numerator,
        coalesce(v.denominator, ${deps.addsDenominators(row.formula) ? 0 : 1})::text AS denominator
      FROM metric_run AS r
      LEFT JOIN metric_value AS v ON v.key = r.key AND v.version = r.version AND v.grain = r.grain AND v.period = r.period
        AND v.org_id = ${row.org_id}
      WHERE r.key = ${row.key} AND r.version = ${row.version} AND r.grain = ${row.grain} AND r.period = ${period}::date`)
    return found && quotientOf(found.numerator, found.denominator)
  }

  async function alarms(caller: Caller, scope: OrgScope, query: z.output<typeof AlarmQuery>) {
    const after = decodeCursor(query.cursor, 1)?.[0] ?? null
    const orgIds = orgIdsOf(scope)
    const mayAmounts = caller.permissions.has('balance.read')
    const rows = await pg.query<AlarmRow>(sql`
      SELECT a.alarm_id, a.period::text AS period, a.value, a.previous, a.raised_at, a.acknowledged_by, a.acknowledged_at,
        a.note, r.alert_id, r.key, r.grain, r.org_id, r.kind, r.threshold, r.created_by, m.name, u.name AS org_name
      FROM metric_alarm AS a JOIN metric_alert AS r ON r.alert_id = a.alert_id JOIN metric AS m ON m.key = r.key
      JOIN org_unit_current AS u ON u.org_id = r.org_id
      WHERE (${orgIds === null} OR r.org_id = ANY(${orgIds ?? []}::int[]))
        AND (${mayAmounts} OR NOT (jsonb_exists_any(m.formula, ARRAY['aum', 'ratio', 'tag'])))
        AND (${query.state === 'all'} OR a.acknowledged_at IS NULL) AND (${query.key ?? null}::text IS NULL OR r.key = ${query.key ?? null})
        AND (${after}::bigint IS NULL OR a.alarm_id < ${after}::bigint)
      ORDER BY a.alarm_id DESC LIMIT ${query.limit + 1}`)
    return toPage(rows, query.limit, (row) => [row.alarm_id], describeAlarm)
  }

  async function acknowledge(caller: Caller, scope: OrgScope, alarmId: number, note: string): Promise<void> {
    await pg.transaction(async (tx) => {
      const row = await tx.first<{ key: string; org_id: number; acknowledged_at: Date | null }>(sql`
        SELECT r.key, r.org_id, a.acknowledged_at FROM metric_alarm AS a JOIN metric_alert AS r ON r.alert_id = a.alert_id
        WHERE a.alarm_id = ${alarmId} FOR UPDATE OF a`)
      const isSeen = row && (scope.everyone || scope.orgIds.includes(row.org_id))
      if (!isSeen) throw metricError('METRIC_ALERT_NOT_FOUND', {})
      if (row.acknowledged_at) throw metricError('METRIC_ALARM_DONE', {})
      await tx.execute(sql`
        UPDATE metric_alarm SET acknowledged_by = ${caller.username}, acknowledged_at = ${clock.now()}::timestamptz,
          note = ${note} WHERE alarm_id = ${alarmId}`)
      await record(tx, caller, 'metric.alarm.acknowledge', row.key, { after: { alarmId, note } })
    })
  }

  return { create, list, remove, check, alarms, acknowledge }
}
