import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { ChangeOrgUnit, CreateOrgUnit, OrgUnit } from '#features/org/common/org.ts'
import { orgError } from '#features/org/common/org-errors.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** One org unit as imports and seeds bring it; parents before children or in any order. */
export type OrgUnitInput = { code: string; name: string; kind: OrgUnit['kind']; parentCode: string | null }

type OrgRow = {
  org_id: number
  code: string
  name: string
  kind: OrgUnit['kind']
  parent_id: number | null
  path: number[]
  valid_from: string
}

const describeUnit = (row: OrgRow): OrgUnit => ({
  orgId: row.org_id,
  code: row.code,
  name: row.name,
  kind: row.kind,
  parentId: row.parent_id,
  validFrom: row.valid_from,
})

export type OrgTree = ReturnType<typeof createOrgTree>

/** The org tree, effective-dated: `asOf` shows it as it was. */
export function createOrgTree(deps: { pg: Postgres; clock: Clock; audit: Audit; timeZone: string }) {
  const { pg, clock, audit, timeZone } = deps
  const today = () => bankDay(clock.now(), timeZone)

  const findUnit = (runner: PgRunner, code: string) =>
    runner.first<OrgRow>(sql`SELECT u.* FROM org_unit_current AS u WHERE u.code = ${code}`)

  async function getUnit(runner: PgRunner, code: string): Promise<OrgRow> {
    const unit = await findUnit(runner, code)
    if (!unit) throw orgError('ORG_UNIT_NOT_FOUND', { code })
    return unit
  }

  /** Ends the open versions of a unit and all below it at `day`; versions of that very day go, for they never held. */
  async function closeSubtree(tx: PgRunner, unit: OrgRow, day: string): Promise<void> {
    const open = sql`v.valid_to IS NULL AND v.path @> ARRAY[${unit.org_id}]::int[]`
    const later = await tx.first(
      sql`SELECT 1 FROM org_unit_version AS v WHERE ${open} AND v.valid_from > ${day}::date LIMIT 1`,
    )
    if (later) throw orgError('ORG_UNIT_CHANGED_LATER', { code: unit.code })
    await tx.execute(sql`DELETE FROM org_unit_version AS v WHERE ${open} AND v.valid_from = ${day}::date`)
    await tx.execute(sql`UPDATE org_unit_version AS v SET valid_to = ${day}::date WHERE ${open}`)
  }

  return {
    /** The caller's units with the units above them. */
    async list(scope: OrgScope, asOf?: string): Promise<OrgUnit[]> {
      const day = asOf ?? today()
      const rows = await pg.query<OrgRow>(sql`
        WITH unit AS (
          SELECT v.org_id, u.code, v.name, v.kind, v.parent_id, v.path, v.valid_from
          FROM org_unit_version AS v JOIN org_unit AS u ON u.org_id = v.org_id
          WHERE v.valid_from <= ${day}::date AND (v.valid_to IS NULL OR v.valid_to > ${day}::date)
        )
        SELECT u.* FROM unit AS u
        WHERE ${scope.everyone}::boolean
          OR u.org_id IN (SELECT unnest(own.path) FROM unit AS own WHERE own.org_id = ANY(${[...scope.orgIds]}::int[]))
        ORDER BY u.path`)
      return rows.map(describeUnit)
    },

    async create(caller: Caller, input: z.infer<typeof CreateOrgUnit>): Promise<OrgUnit> {
      return pg.transaction(async (tx) => {
        if (await findUnit(tx, input.code)) throw orgError('ORG_UNIT_CODE_TAKEN', { code: input.code })
        const parent = await getUnit(tx, input.parentCode)
        const day = input.validFrom ?? today()
        const made = await tx.first<{ org_id: number }>(
          sql`INSERT INTO org_unit (code) VALUES (${input.code}) RETURNING org_id`,
        )
        const orgId = made?.org_id ?? 0
        await tx.execute(sql`
          INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from)
          VALUES (${orgId}, ${input.name}, ${input.kind}, ${parent.org_id}, ${[...parent.path, orgId]}::int[], ${day}::date)`)
        const unit = describeUnit(await getUnit(tx, input.code))
        await audit.record(tx, {
          actor: caller.username,
          action: 'org_unit.create',
          objectType: 'org_unit',
          objectId: input.code,
          after: unit,
        })
        return unit
      })
    },

    /** Renames or moves a unit with everything below it, from a day on. */
    async change(caller: Caller, code: string, input: z.infer<typeof ChangeOrgUnit>): Promise<OrgUnit> {
      return pg.transaction(async (tx) => {
        const before = await getUnit(tx, code)
        const parent = input.parentCode === undefined ? undefined : await getUnit(tx, input.parentCode)
        if (parent?.path.includes(before.org_id)) throw orgError('ORG_UNIT_LOOP', { code })
        const day = input.validFrom ?? today()
        const above = before.path.slice(0, -1)
        const subtree = await tx.query<OrgRow>(sql`
          SELECT u.* FROM org_unit_current AS u WHERE u.path @> ARRAY[${before.org_id}]::int[]`)
        await closeSubtree(tx, before, day)
        const next = subtree.map((unit) => ({
          org_id: unit.org_id,
          name: unit.org_id === before.org_id ? (input.name ?? unit.name) : unit.name,
          kind: unit.kind,
          parent_id: unit.org_id === before.org_id ? (parent?.org_id ?? unit.parent_id) : unit.parent_id,
          path: [...(parent?.path ?? above), ...unit.path.slice(above.length)],
        }))
        await tx.execute(sql`
          INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from)
          SELECT n.org_id, n.name, n.kind, n.parent_id,
            ARRAY(SELECT p::int FROM jsonb_array_elements_text(n.path) WITH ORDINALITY AS e(p, nth) ORDER BY e.nth), ${day}::date
          FROM jsonb_to_recordset(${JSON.stringify(next)}::jsonb) AS n(org_id int, name text, kind text, parent_id int, path jsonb)`)
        const after = describeUnit(await getUnit(tx, code))
        await audit.record(tx, {
          actor: caller.username,
          action: 'org_unit.change',
          objectType: 'org_unit',
          objectId: code,
          before: describeUnit(before),
          after,
        })
        return after
      })
    },

    /** Adds and renames units by code in one go (import, seed); the one without a parent is head office. */
    async upsertMany(
      tx: PgRunner,
      units: readonly OrgUnitInput[],
      day: string,
    ): Promise<Map<string, number>> {
      await tx.execute(sql`
        INSERT INTO org_unit (code)
        SELECT i.code FROM unnest(${units.map((unit) => unit.code)}::text[]) WITH ORDINALITY AS i(code, nth)
        GROUP BY i.code ORDER BY min(i.nth)
        ON CONFLICT (code) DO NOTHING`)
      await tx.execute(sql`
        CREATE TEMP TABLE org_change ON COMMIT DROP AS
        WITH RECURSIVE input AS (
          SELECT * FROM unnest(${units.map((unit) => unit.code)}::text[], ${units.map((unit) => unit.name)}::text[],
            ${units.map((unit) => unit.kind)}::text[], ${units.map((unit) => unit.parentCode)}::text[])
            AS i(code, name, kind, parent_code)
        ), tree AS (
          SELECT u.org_id, i.code, i.name, i.kind, p.org_id AS parent_id,
            coalesce(p.path, ARRAY[]::int[]) || u.org_id AS path
          FROM input AS i JOIN org_unit AS u ON u.code = i.code
          LEFT JOIN org_unit_current AS p ON p.code = i.parent_code
          WHERE i.parent_code IS NULL OR NOT EXISTS (SELECT 1 FROM input AS x WHERE x.code = i.parent_code)
          UNION ALL
          SELECT u.org_id, i.code, i.name, i.kind, t.org_id, t.path || u.org_id
          FROM tree AS t JOIN input AS i ON i.parent_code = t.code JOIN org_unit AS u ON u.code = i.code
        )
        SELECT t.org_id, t.name, t.kind, t.parent_id, t.path
        FROM tree AS t LEFT JOIN org_unit_current AS c ON c.org_id = t.org_id
        WHERE c.org_id IS NULL OR (c.name, c.kind, c.path) IS DISTINCT FROM (t.name, t.kind, t.path)`)
      await tx.execute(sql`
        UPDATE org_unit_version AS v SET valid_to = ${day}::date FROM org_change AS n
        WHERE v.org_id = n.org_id AND v.valid_to IS NULL AND v.valid_from < ${day}::date`)
      await tx.execute(sql`
        INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from)
        SELECT n.org_id, n.name, n.kind, n.parent_id, n.path, ${day}::date FROM org_change AS n
        ON CONFLICT (org_id, valid_from) DO UPDATE
          SET name = excluded.name, kind = excluded.kind, parent_id = excluded.parent_id, path = excluded.path`)
      await tx.execute(sql`DROP TABLE org_change`)
      const rows = await tx.query<{ code: string; org_id: number }>(
        sql`SELECT u.code, u.org_id FROM org_unit AS u`,
      )
      return new Map(rows.map((row) => [row.code, row.org_id]))
    },

    /** The head office: the unit without a parent. */
    async headOffice(runner: PgRunner = pg): Promise<{ orgId: number; code: string } | undefined> {
      const row = await runner.first<OrgRow>(
        sql`SELECT u.* FROM org_unit_current AS u WHERE u.parent_id IS NULL ORDER BY u.org_id LIMIT 1`,
      )
      return row && { orgId: row.org_id, code: row.code }
    },
  }
}
