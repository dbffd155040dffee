import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { CreateStaff, EndPost, GrantPost, Staff } from '#features/org/common/org.ts'
import { orgError } from '#features/org/common/org-errors.ts'
import { hashPassword } from '#features/org/server/password.ts'
import type { Caller, OrgScope, Role } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** One person as imports and seeds bring them. */
export type StaffInput = {
  staffNo: string
  name: string
  orgCode: string
  role: Role
  username?: string | undefined
  passwordHash?: string | undefined
}

type StaffRow = {
  staff_id: number
  staff_no: string
  name: string
  username: string | null
  state: Staff['state']
  locked_until: Date | null
  posts: Staff['posts'] | null
}

export type StaffService = ReturnType<typeof createStaffService>

/** Staff and the posts they hold. */
export function createStaffService(deps: { pg: Postgres; clock: Clock; audit: Audit; timeZone: string }) {
  const { pg, clock, audit, timeZone } = deps
  const today = () => bankDay(clock.now(), timeZone)

  const describeStaff = (row: StaffRow): Staff => ({
    staffId: row.staff_id,
    staffNo: row.staff_no,
    name: row.name,
    username: row.username,
    state: row.state,
    isLocked: row.locked_until !== null && row.locked_until > clock.now(),
    posts: row.posts ?? [],
  })

  const selectStaff = sql`
    SELECT s.staff_id, s.staff_no, s.name, s.username, s.state, s.locked_until,
      (SELECT jsonb_agg(jsonb_build_object('orgId', p.org_id, 'orgName', u.name, 'role', p.role,
          'validFrom', p.valid_from, 'validTo', p.valid_to) ORDER BY p.post_id)
       FROM post AS p JOIN org_unit_current AS u ON u.org_id = p.org_id WHERE p.staff_id = s.staff_id) AS posts
    FROM staff AS s`

  async function getByNo(runner: PgRunner, staffNo: string): Promise<StaffRow> {
    const row = await runner.first<StaffRow>(sql`${selectStaff} WHERE s.staff_no = ${staffNo}`)
    if (!row) throw orgError('STAFF_NOT_FOUND', { staffNo })
    return row
  }

  async function orgIdOf(runner: PgRunner, code: string): Promise<number> {
    const row = await runner.first<{ org_id: number }>(
      sql`SELECT u.org_id FROM org_unit_current AS u WHERE u.code = ${code}`,
    )
    if (!row) throw orgError('ORG_UNIT_NOT_FOUND', { code })
    return row.org_id
  }

  return {
    /** The person of that number; throws STAFF_NOT_FOUND. */
    get: async (runner: PgRunner, staffNo: string): Promise<Staff> =>
      describeStaff(await getByNo(runner, staffNo)),

    async list(
      scope: OrgScope,
      filter: { limit: number; cursor?: string | undefined; q?: string | undefined; role?: Role | undefined },
    ): Promise<Page<Staff>> {
      const after = decodeCursor(filter.cursor, 1)
      const conditions: Sql[] = [sql`s.staff_id > ${after?.[0] ?? 0}`]
      if (!scope.everyone) {
        conditions.push(
          sql`EXISTS (SELECT 1 FROM post AS p WHERE p.staff_id = s.staff_id AND p.org_id = ANY(${[...scope.orgIds]}::int[]))`,
        )
      }
      if (filter.q)
        conditions.push(
          sql`(strpos(s.name, ${filter.q}) > 0 OR starts_with(s.staff_no, ${filter.q}) OR s.username = ${filter.q})`,
        )
      if (filter.role)
        conditions.push(
          sql`EXISTS (SELECT 1 FROM post AS p WHERE p.staff_id = s.staff_id AND p.role = ${filter.role} AND p.valid_to IS NULL)`,
        )
      const where = conditions.reduce((all, one) => sql`${all} AND ${one}`)
      const rows = await pg.query<StaffRow>(
        sql`${selectStaff} WHERE ${where} ORDER BY s.staff_id LIMIT ${filter.limit + 1}`,
      )
      return toPage(rows, filter.limit, (row) => [row.staff_id], describeStaff)
    },

    async create(actor: string, input: z.infer<typeof CreateStaff>): Promise<Staff> {
      const passwordHash = input.password ? await hashPassword(input.password) : null
      return pg.transaction(async (tx) => {
        const made = await tx.execute(sql`
          INSERT INTO staff (staff_no, name, username, password_hash)
          VALUES (${input.staffNo}, ${input.name}, ${input.username ?? null}, ${passwordHash})
          ON CONFLICT DO NOTHING`)
        if (made === 0) throw orgError('STAFF_TAKEN', { staffNo: input.staffNo })
        const staff = describeStaff(await getByNo(tx, input.staffNo))
        await audit.record(tx, {
          actor,
          action: 'staff.create',
          objectType: 'staff',
          objectId: input.staffNo,
          after: staff,
        })
        return staff
      })
    },

    /** Gives a person a post. Maker is never checker: nobody grants themselves. */
    async grantPost(
      caller: Pick<Caller, 'username' | 'staffId'>,
      staffNo: string,
      input: z.infer<typeof GrantPost>,
    ): Promise<Staff> {
      return pg.transaction(async (tx) => {
        const before = await getByNo(tx, staffNo)
        if (before.staff_id === caller.staffId) throw orgError('OWN_POST', {})
        const orgId = await orgIdOf(tx, input.orgCode)
        const made = await tx.execute(sql`
          INSERT INTO post (staff_id, org_id, role, valid_from)
          VALUES (${before.staff_id}, ${orgId}, ${input.role}, ${input.validFrom ?? today()}::date) ON CONFLICT DO NOTHING`)
        if (made === 0) throw orgError('POST_EXISTS', {})
        const after = describeStaff(await getByNo(tx, staffNo))
        await audit.record(tx, {
          actor: caller.username,
          action: 'post.grant',
          objectType: 'staff',
          objectId: staffNo,
          before: describeStaff(before),
          after,
        })
        return after
      })
    },

    async endPost(caller: Caller, staffNo: string, input: z.infer<typeof EndPost>): Promise<Staff> {
      return pg.transaction(async (tx) => {
        const before = await getByNo(tx, staffNo)
        if (before.staff_id === caller.staffId) throw orgError('OWN_POST', {})
        const orgId = await orgIdOf(tx, input.orgCode)
        const open = sql`p.staff_id = ${before.staff_id} AND p.org_id = ${orgId} AND p.role = ${input.role} AND p.valid_to IS NULL`
        const begunToday = await tx.execute(
          sql`DELETE FROM post AS p WHERE ${open} AND p.valid_from >= ${today()}::date`,
        )
        const ended = await tx.execute(sql`UPDATE post AS p SET valid_to = ${today()}::date WHERE ${open}`)
        if (begunToday + ended === 0) throw orgError('POST_NOT_FOUND', {})
        await tx.execute(sql`DELETE FROM session WHERE staff_id = ${before.staff_id}`)
        const after = describeStaff(await getByNo(tx, staffNo))
        await audit.record(tx, {
          actor: caller.username,
          action: 'post.end',
          objectType: 'staff',
          objectId: staffNo,
          before: describeStaff(before),
          after,
          reason: input.reason,
        })
        return after
      })
    },

    /** Adds and changes staff by number with one post each, in one go (import, seed). Returns staff ids by number. */
    async upsertMany(
      tx: PgRunner,
      people: readonly StaffInput[],
      options: { day: string; isDemo?: boolean },
    ): Promise<Map<string, number>> {
      const rows = await tx.query<{ staff_no: string; staff_id: number }>(sql`
        INSERT INTO staff (staff_no, name, username, password_hash, is_demo)
        SELECT i.staff_no, i.name, i.username, i.password_hash, ${options.isDemo ?? false}
        FROM unnest(${people.map((person) => person.staffNo)}::text[], ${people.map((person) => person.name)}::text[],
          ${people.map((person) => person.username ?? null)}::text[], ${people.map((person) => person.passwordHash ?? null)}::text[])
          AS i(staff_no, name, username, password_hash)
        ON CONFLICT (staff_no) DO UPDATE SET name = excluded.name
        RETURNING staff_no, staff_id`)
      await tx.execute(sql`
        INSERT INTO post (staff_id, org_id, role, valid_from)
        SELECT s.staff_id, u.org_id, i.role, ${options.day}::date
        FROM unnest(${people.map((person) => person.staffNo)}::text[], ${people.map((person) => person.orgCode)}::text[],
          ${people.map((person) => person.role)}::text[]) AS i(staff_no, org_code, role)
        JOIN staff AS s ON s.staff_no = i.staff_no JOIN org_unit AS u ON u.code = i.org_code
        ON CONFLICT DO NOTHING`)
      return new Map(rows.map((row) => [row.staff_no, row.staff_id]))
    },

    async findByUsername(username: string): Promise<{ staffId: number; isDemo: boolean } | undefined> {
      const row = await pg.first<{ staff_id: number; is_demo: boolean }>(
        sql`SELECT s.staff_id, s.is_demo FROM staff AS s WHERE s.username = ${username} AND s.state = 'active'`,
      )
      return row && { staffId: row.staff_id, isDemo: row.is_demo }
    },
  }
}
