import type { ChangeFlow, CreateFlow, Flow } from '#features/breakpoints/common/flow.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type FlowRow = {
  key: string
  name: Flow['name']
  steps: Flow['steps']
  inactivity_minutes: number
  owner_org_id: number
  created_by: string
  version: number
  updated_at: Date
}

const describeFlow = (row: FlowRow): Flow => ({
  key: row.key,
  name: row.name,
  steps: row.steps,
  inactivityMinutes: row.inactivity_minutes,
  ownerOrgId: row.owner_org_id,
  createdBy: row.created_by,
  version: row.version,
  updatedAt: row.updated_at.toISOString(),
})

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`
const first = async (rows: Promise<FlowRow | undefined>) => {
  const row = await rows
  return row && describeFlow(row)
}

export const findFlow = (pg: PgRunner, key: string) =>
  first(pg.first<FlowRow>(sql`SELECT f.* FROM flow AS f WHERE f.key = ${key} AND f.state = 'active'`))

export const lockFlow = (tx: PgRunner, key: string) =>
  first(
    tx.first<FlowRow>(sql`SELECT f.* FROM flow AS f WHERE f.key = ${key} AND f.state = 'active' FOR UPDATE`),
  )

export async function listFlows(
  pg: PgRunner,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor(cursor, 1)?.[0] ?? null
  const rows = await pg.query<FlowRow>(sql`
    SELECT f.* FROM flow AS f WHERE f.state = 'active' AND (${after}::text IS NULL OR f.key > ${after}::text)
    ORDER BY f.key LIMIT ${limit + 1}`)
  return toPage(rows, limit, (row) => [row.key], describeFlow)
}

/** Writes a new flow, or a retired one's key anew; undefined where the key is taken. */
export const insertFlow = (
  tx: PgRunner,
  flow: CreateFlow,
  maker: { username: string; homeOrgId: number },
  now: Date,
) =>
  first(
    tx.first<FlowRow>(sql`
    INSERT INTO flow AS f (key, name, steps, inactivity_minutes, owner_org_id, created_by, created_at, updated_at)
    VALUES (${flow.key}, ${json(flow.name)}, ${json(flow.steps)}, ${flow.inactivityMinutes}, ${maker.homeOrgId}, ${maker.username},
      ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, steps = excluded.steps, inactivity_minutes = excluded.inactivity_minutes,
      owner_org_id = excluded.owner_org_id, created_by = excluded.created_by, version = f.version + 1, state = 'active',
      updated_at = excluded.updated_at WHERE f.state = 'retired'
    RETURNING f.*`),
  )

export const updateFlow = (tx: PgRunner, key: string, flow: ChangeFlow, now: Date) =>
  first(
    tx.first<FlowRow>(sql`
    UPDATE flow AS f SET name = ${json(flow.name)}, steps = ${json(flow.steps)}, inactivity_minutes = ${flow.inactivityMinutes},
      version = f.version + 1, updated_at = ${now}::timestamptz WHERE f.key = ${key} RETURNING f.*`),
  )

export const retireFlow = (tx: PgRunner, key: string, now: Date) =>
  tx.execute(sql`UPDATE flow SET state = 'retired', updated_at = ${now}::timestamptz WHERE key = ${key}`)

/** What a version keeps. */
export const contentOf = ({ name, steps, inactivityMinutes }: Flow): ChangeFlow => ({
  name,
  steps,
  inactivityMinutes,
})

export const insertVersion = (tx: PgRunner, flow: Flow, by: string, now: Date) =>
  tx.execute(sql`
    INSERT INTO flow_version (key, version, content, changed_by, at)
    VALUES (${flow.key}, ${flow.version}, ${json(contentOf(flow))}, ${by}, ${now}::timestamptz)`)
