import type { z } from 'zod'
import type { CreateDashboard, Dashboard, DashboardQuery } from '#features/insight/common/dashboard.ts'
import type { Caller } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type DashboardRow = {
  key: string
  name: string
  description: string
  cards: Dashboard['cards']
  sharing: Dashboard['sharing']
  roles: Dashboard['roles']
  owner_org_id: number
  created_by: string
  version: number
  updated_at: Date
}

export type DashboardBody = Omit<CreateDashboard, 'key'>

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`

/** Own ones, and shared ones of the person's own org unit or one above it. */
const isVisible = ({ username, homeOrgId, roles }: Caller): Sql => sql`(
  d.created_by = ${username} OR (
    d.owner_org_id = ANY(SELECT unnest(u.path) FROM org_unit_current AS u WHERE u.org_id = ${homeOrgId})
    AND (d.sharing = 'everyone' OR (d.sharing = 'roles' AND d.roles && ${[...roles]}::text[]))))`

export const findDashboard = (
  pg: PgRunner,
  caller: Caller,
  key: string,
  lock: Sql = sql``,
): Promise<DashboardRow | undefined> =>
  pg.first<DashboardRow>(sql`
    SELECT d.* FROM insight_dashboard AS d
    WHERE d.key = ${key} AND d.state = 'active' AND ${isVisible(caller)} ${lock}`)

const like = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

export const listDashboards = (pg: PgRunner, caller: Caller, query: z.output<typeof DashboardQuery>) => {
  const after = decodeCursor(query.cursor, 1)?.[0] ?? null
  return pg.query<DashboardRow>(sql`
    SELECT d.* FROM insight_dashboard AS d
    WHERE d.state = 'active' AND ${isVisible(caller)}
      AND (${query.q ?? null}::text IS NULL OR d.key ILIKE ${like(query.q ?? '')} OR d.name ILIKE ${like(query.q ?? '')})
      AND (${after}::text IS NULL OR d.key > ${after}::text)
    ORDER BY d.key LIMIT ${query.limit + 1}`)
}

/** Writes a new dashboard, or a deleted one's key anew; undefined where the key is taken. */
export const insertDashboard = (tx: PgRunner, caller: Caller, input: CreateDashboard, now: Date) =>
  tx.first<DashboardRow>(sql`
    INSERT INTO insight_dashboard AS d (key, name, description, cards, sharing, roles, owner_org_id, created_by, created_at, updated_at)
    VALUES (${input.key}, ${input.name}, ${input.description}, ${json(input.cards)}, ${input.sharing},
      ${input.roles}::text[], ${caller.homeOrgId}, ${caller.username}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, description = excluded.description, cards = excluded.cards,
      sharing = excluded.sharing, roles = excluded.roles, owner_org_id = excluded.owner_org_id,
      created_by = excluded.created_by, version = d.version + 1, state = 'active', updated_at = excluded.updated_at
      WHERE d.state = 'deleted'
    RETURNING d.*`)

export const updateDashboard = (tx: PgRunner, key: string, body: DashboardBody, now: Date) =>
  tx.first<DashboardRow>(sql`
    UPDATE insight_dashboard AS d SET name = ${body.name}, description = ${body.description}, cards = ${json(body.cards)},
      sharing = ${body.sharing}, roles = ${body.roles}::text[], version = d.version + 1, updated_at = ${now}::timestamptz
    WHERE d.key = ${key} RETURNING d.*`)

export const deleteDashboard = (tx: PgRunner, key: string, now: Date): Promise<number> =>
  tx.execute(
    sql`UPDATE insight_dashboard SET state = 'deleted', updated_at = ${now}::timestamptz WHERE key = ${key}`,
  )

/** What a version keeps. */
export const bodyOf = (row: DashboardRow): DashboardBody => ({
  name: row.name,
  description: row.description,
  cards: row.cards,
  sharing: row.sharing,
  roles: row.roles,
})

export const insertDashboardVersion = (tx: PgRunner, row: DashboardRow, by: string, now: Date) =>
  tx.execute(sql`
    INSERT INTO insight_dashboard_version (key, version, definition, changed_by, at)
    VALUES (${row.key}, ${row.version}, ${json(bodyOf(row))}, ${by}, ${now}::timestamptz)`)

export async function listDashboardVersions(pg: PgRunner, key: string) {
  const rows = await pg.query<{ version: number; definition: unknown; changed_by: string; at: Date }>(sql`
    SELECT v.version, v.definition, v.changed_by, v.at FROM insight_dashboard_version AS v
    WHERE v.key = ${key} ORDER BY v.version DESC`)
  return rows.map((row) => ({
    version: row.version,
    definition: row.definition,
    changedBy: row.changed_by,
    at: row.at.toISOString(),
  }))
}
