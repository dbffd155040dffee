import type { z } from 'zod'
import type { CreateMetric, Metric, MetricPoint, MetricQuery } from '#features/metrics/common/metric.ts'
import type { Grain, Period } from '#features/metrics/common/metric-period.ts'
import { type Figures, quotientOf } from '#features/metrics/server/compute-metrics.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type MetricRow = {
  key: string
  name: Metric['name']
  definition: Metric['definition']
  formula: Metric['formula']
  unit: Metric['unit']
  grains: Grain[]
  owner: string
  owner_org_id: number | null
  created_by: string
  version: number
  last_error: string | null
  updated_at: Date
  open_alarms: number
}

export type MetricContent = Omit<CreateMetric, 'key'>

/** What a version keeps. */
export const contentOf = (row: MetricRow): MetricContent => ({
  name: row.name,
  definition: row.definition,
  formula: row.formula,
  unit: row.unit,
  grains: row.grains,
  owner: row.owner,
})

export const describeMetric = (row: MetricRow): Metric => ({
  key: row.key,
  ...contentOf(row),
  ownerOrgId: row.owner_org_id,
  createdBy: row.created_by,
  version: row.version,
  lastError: row.last_error,
  updatedAt: row.updated_at.toISOString(),
  openAlarms: row.open_alarms,
})

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`

/** Columns of a metric; alarms are counted for the units a reader may see, all where `orgIds` is null. */
const columns = (orgIds: readonly number[] | null): Sql => sql`
  m.*, (SELECT count(*)::int FROM metric_alarm AS a JOIN metric_alert AS r ON r.alert_id = a.alert_id
        WHERE r.key = m.key AND a.acknowledged_at IS NULL
          AND (${orgIds === null} OR r.org_id = ANY(${orgIds ?? []}::int[]))) AS open_alarms`

export const findMetric = (pg: PgRunner, key: string, orgIds: readonly number[] | null = null) =>
  pg.first<MetricRow>(
    sql`SELECT ${columns(orgIds)} FROM metric AS m WHERE m.key = ${key} AND m.state = 'active'`,
  )

export const lockMetric = (tx: PgRunner, key: string) =>
  tx.first<MetricRow>(
    sql`SELECT ${columns(null)} FROM metric AS m WHERE m.key = ${key} AND m.state = 'active' FOR UPDATE OF m`,
  )

export const allMetrics = (pg: PgRunner) =>
  pg.query<MetricRow>(sql`SELECT ${columns(null)} FROM metric AS m WHERE m.state = 'active' ORDER BY m.key`)

const like = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

export async function listMetrics(
  pg: PgRunner,
  { limit, cursor, q }: z.output<typeof MetricQuery>,
  orgIds: readonly number[] | null,
) {
  const after = decodeCursor(cursor, 1)?.[0] ?? null
  const pattern = like(q ?? '')
  const rows = await pg.query<MetricRow>(sql`
    SELECT ${columns(orgIds)} FROM metric AS m
    WHERE m.state = 'active' AND (${after}::text IS NULL OR m.key > ${after}::text)
      AND (${q ?? null}::text IS NULL OR m.key ILIKE ${pattern} OR m.name->>'zh' ILIKE ${pattern} OR m.name->>'en' ILIKE ${pattern})
    ORDER BY m.key LIMIT ${limit + 1}`)
  return toPage(rows, limit, (row) => [row.key], describeMetric)
}

/** Writes new metrics or a retired one's key anew; those whose key is taken are left out. */
export const insertMetrics = (
  tx: PgRunner,
  metrics: readonly CreateMetric[],
  by: { username: string; orgId: number | null },
  now: Date,
) =>
  tx.query<{ key: string; version: number }>(sql`
    INSERT INTO metric AS m (key, name, definition, formula, unit, grains, owner, owner_org_id, created_by, created_at, updated_at)
    SELECT j.key, j.name, j.definition, j.formula, j.unit, j.grains, j.owner, ${by.orgId}::int, ${by.username},
      ${now}::timestamptz, ${now}::timestamptz
    FROM jsonb_to_recordset(${json(metrics)}) AS j (key text, name jsonb, definition jsonb, formula jsonb, unit text, grains text[], owner text)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, definition = excluded.definition, formula = excluded.formula,
      unit = excluded.unit, grains = excluded.grains, owner = excluded.owner, owner_org_id = excluded.owner_org_id,
      created_by = excluded.created_by, version = m.version + 1, state = 'active', last_error = NULL, updated_at = excluded.updated_at
      WHERE m.state = 'retired' AND ${by.orgId}::int IS NOT NULL
    RETURNING m.key, m.version`)

export const insertVersion = (
  tx: PgRunner,
  version: { key: string; version: number; content: MetricContent; reason: string; by: string },
  now: Date,
) =>
  tx.execute(sql`
    INSERT INTO metric_version (key, version, content, reason, changed_by, at)
    VALUES (${version.key}, ${version.version}, ${json(version.content)}, ${version.reason}, ${version.by}, ${now}::timestamptz)`)

export const updateMetric = (tx: PgRunner, key: string, content: MetricContent, now: Date) =>
  tx.execute(sql`
    UPDATE metric SET name = ${json(content.name)}, definition = ${json(content.definition)},
      formula = ${json(content.formula)}, unit = ${content.unit}, grains = ${content.grains}::text[],
      owner = ${content.owner}, version = version + 1, last_error = NULL, updated_at = ${now}::timestamptz
    WHERE key = ${key}`)

export const retireMetric = (tx: PgRunner, key: string, now: Date) =>
  tx.execute(sql`UPDATE metric SET state = 'retired', updated_at = ${now}::timestamptz WHERE key = ${key}`)

export const setError = (pg: PgRunner, key: string, error: string | null) =>
  pg.execute(
    sql`UPDATE metric SET last_error = ${error} WHERE key = ${key} AND last_error IS DISTINCT FROM ${error}::text`,
  )

export async function listVersions(pg: PgRunner, key: string) {
  const rows = await pg.query<{
    version: number
    content: unknown
    reason: string
    changed_by: string
    at: Date
  }>(sql`
    SELECT v.version, v.content, v.reason, v.changed_by, v.at FROM metric_version AS v
    WHERE v.key = ${key} ORDER BY v.version DESC`)
  return rows.map((row) => ({
    version: row.version,
    content: row.content,
    reason: row.reason,
    changedBy: row.changed_by,
    at: row.at.toISOString(),
  }))
}

type Place = { key: string; version: number; grain: Grain }

/** Replaces the values of some periods: each unit gets what it and all units below it add up to. */
export async function storeFigures(
  tx: PgRunner,
  { key, version, grain }: Place,
  figures: Figures,
  at: { today: string; now: Date },
): Promise<void> {
  const periods = figures.periods.map(({ first }) => first)
  const finals = figures.periods.map(({ last }) => last < at.today)
  const divisors = figures.periods.map((period) => figures.divisorOf(period))
  await tx.execute(sql`
    DELETE FROM metric_value WHERE key = ${key} AND version = ${version} AND grain = ${grain} AND period = ANY(${periods}::date[])`)
  await tx.execute(sql`
    INSERT INTO metric_value (key, version, grain, period, org_id, numerator, denominator, is_final, computed_at)
    SELECT ${key}, ${version}::int, ${grain}, r.period, o.org_id, sum(r.numerator),
      CASE WHEN ${figures.addsDenominators} THEN sum(r.denominator) ELSE max(p.divisor) END, bool_and(p.is_final), ${at.now}::timestamptz
    FROM unnest(${figures.rows.map((row) => row.period)}::date[], ${figures.rows.map((row) => row.orgId)}::int[],
        ${figures.rows.map((row) => row.numerator)}::numeric[], ${figures.rows.map((row) => row.denominator)}::numeric[])
      AS r (period, org_id, numerator, denominator)
    JOIN unnest(${periods}::date[], ${finals}::boolean[], ${divisors}::numeric[]) AS p (period, is_final, divisor) ON p.period = r.period
    JOIN org_unit_current AS u ON u.org_id = r.org_id
    CROSS JOIN LATERAL unnest(u.path) AS o (org_id)
    GROUP BY r.period, o.org_id`)
  await tx.execute(sql`
    INSERT INTO metric_run (key, version, grain, period, is_final, computed_at)
    SELECT ${key}, ${version}::int, ${grain}, p.period, p.is_final, ${at.now}::timestamptz
    FROM unnest(${periods}::date[], ${finals}::boolean[]) AS p (period, is_final)
    ON CONFLICT (key, version, grain, period) DO UPDATE SET is_final = excluded.is_final, computed_at = excluded.computed_at`)
}

/** Stored values of some units together; a unit without a row in a computed period had none. */
export async function readSeries(
  pg: PgRunner,
  { key, version, grain }: Place,
  ask: { from: string; to: string; orgIds: readonly number[]; addsDenominators: boolean },
): Promise<MetricPoint[]> {
  const rows = await pg.query<{
    period: string
    numerator: string
    denominator: string
    is_final: boolean
    computed_at: Date
  }>(sql`
    SELECT r.period::text AS period, trim_scale(coalesce(sum(v.numerator), 0))::text AS numerator,
      trim_scale(CASE WHEN ${ask.addsDenominators} THEN coalesce(sum(v.denominator), 0) ELSE coalesce(max(v.denominator), 1) END)::text AS denominator,
      r.is_final, r.computed_at
    FROM metric_run AS r
    LEFT JOIN metric_value AS v ON v.key = r.key AND v.version = r.version AND v.grain = r.grain AND v.period = r.period
      AND v.org_id = ANY(${[...ask.orgIds]}::int[])
    WHERE r.key = ${key} AND r.version = ${version} AND r.grain = ${grain}
      AND r.period >= ${ask.from}::date AND r.period <= ${ask.to}::date
    GROUP BY r.period, r.is_final, r.computed_at ORDER BY r.period`)
  return rows.map((row) => ({
    period: row.period,
    value: quotientOf(row.numerator, row.denominator),
    numerator: row.numerator,
    denominator: row.denominator,
    isFinal: row.is_final,
    computedAt: row.computed_at.toISOString(),
    version,
  }))
}

/** One period by unit: those directly below one, and that one. */
export async function readByOrg(
  pg: PgRunner,
  { key, version, grain }: Place,
  ask: { period: string | null; parentId: number },
) {
  const latest = await pg.first<{ period: string | null }>(sql`
    SELECT coalesce(${ask.period}::date, max(r.period))::text AS period FROM metric_run AS r
    WHERE r.key = ${key} AND r.version = ${version} AND r.grain = ${grain}`)
  const period = latest?.period ?? null
  const rows = await pg.query<{
    org_id: number
    name: string
    numerator: string | null
    denominator: string | null
  }>(sql`
    SELECT u.org_id, u.name, trim_scale(v.numerator)::text AS numerator, trim_scale(v.denominator)::text AS denominator
    FROM org_unit_current AS u
    LEFT JOIN metric_value AS v ON v.org_id = u.org_id AND v.key = ${key} AND v.version = ${version} AND v.grain = ${grain}
      AND v.period = ${period}::date
    WHERE u.parent_id = ${ask.parentId} OR u.org_id = ${ask.parentId}
    ORDER BY u.org_id <> ${ask.parentId}, v.numerator DESC NULLS LAST, u.org_id`)
  return {
    period,
    items: rows.map((row) => ({
      orgId: row.org_id,
      name: row.name,
      numerator: row.numerator ?? '0',
      value: row.numerator === null ? null : quotientOf(row.numerator, row.denominator ?? '0'),
    })),
  }
}

/** Of these periods those without a final value: what a run has to compute. */
export async function unfinished(pg: PgRunner, { key, version, grain }: Place, periods: readonly Period[]) {
  const rows = await pg.query<{ period: string }>(sql`
    SELECT r.period::text AS period FROM metric_run AS r
    WHERE r.key = ${key} AND r.version = ${version} AND r.grain = ${grain} AND r.is_final
      AND r.period = ANY(${periods.map(({ first }) => first)}::date[])`)
  const done = new Set(rows.map((row) => row.period))
  return periods.filter(({ first }) => !done.has(first))
}
