import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { ChangeOwnPassword, ChangeStaff, SetPassword, Staff } from '#features/org/common/org.ts'
import { orgError } from '#features/org/common/org-errors.ts'
import { hashPassword, isPassword } from '#features/org/server/password.ts'
import type { StaffService } from '#features/org/server/staff-service.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Deps = { pg: Postgres; clock: Clock; audit: Audit; staff: StaffService }

/** What a person signs in with, and whether they still may. Passwords never reach the audit. */
export function createStaffAccounts({ pg, clock, audit, staff }: Deps) {
  /** Whoever acted as this person until now has to prove it again. */
  async function endAccess(tx: PgRunner, staffId: number): Promise<void> {
    await tx.execute(sql`DELETE FROM session WHERE staff_id = ${staffId}`)
    await tx.execute(sql`
      UPDATE api_token SET revoked_at = ${clock.now()}::timestamptz WHERE staff_id = ${staffId} AND revoked_at IS NULL`)
  }

  const isTaken = (tx: PgRunner, staffId: number, username: string) =>
    tx.first(sql`SELECT 1 FROM staff AS s WHERE s.username = ${username} AND s.staff_id <> ${staffId}`)

  return {
    /** Renames a person, gives another user name, or notes that they left or came back. */
    async change(caller: Caller, staffNo: string, input: z.infer<typeof ChangeStaff>): Promise<Staff> {
      return pg.transaction(async (tx) => {
        const before = await staff.get(tx, staffNo)
        const { staffId } = before
        if (staffId === caller.staffId && input.state === 'left') throw orgError('OWN_ACCOUNT', {})
        if (input.username && (await isTaken(tx, staffId, input.username)))
          throw orgError('STAFF_TAKEN', { staffNo })
        await tx.execute(sql`
          UPDATE staff AS s SET name = coalesce(${input.name ?? null}::text, s.name),
            username = coalesce(${input.username ?? null}::text, s.username),
            state = coalesce(${input.state ?? null}::text, s.state)
          WHERE s.staff_id = ${staffId}`)
        if (input.state === 'left') await endAccess(tx, staffId)
        const after = await staff.get(tx, staffNo)
        await audit.record(tx, {
          ...{ actor: caller.username, action: 'staff.change', objectType: 'staff', objectId: staffNo },
          ...{ before, after, reason: input.reason },
        })
        return after
      })
    },

    /** Sets somebody's password and unlocks them; all their sessions and tokens end. */
    async setPassword(caller: Caller, staffNo: string, input: z.infer<typeof SetPassword>): Promise<Staff> {
      const hash = await hashPassword(input.password)
      return pg.transaction(async (tx) => {
        const before = await staff.get(tx, staffNo)
        if (before.staffId === caller.staffId) throw orgError('OWN_ACCOUNT', {})
        if (before.username === null) throw orgError('USERNAME_MISSING', { staffNo })
        await tx.execute(sql`
          UPDATE staff SET password_hash = ${hash}, failed_logins = 0, locked_until = NULL
          WHERE staff_id = ${before.staffId}`)
        await endAccess(tx, before.staffId)
        await audit.record(tx, {
          ...{ actor: caller.username, action: 'staff.set_password', objectType: 'staff', objectId: staffNo },
          reason: input.reason,
        })
        return staff.get(tx, staffNo)
      })
    },

    /** Changes one's own password; other sessions and all tokens end, and so does this session. */
    async changeOwnPassword(caller: Caller, input: z.infer<typeof ChangeOwnPassword>): Promise<void> {
      const found = await pg.first<{ password_hash: string | null }>(
        sql`SELECT s.password_hash FROM staff AS s WHERE s.staff_id = ${caller.staffId}`,
      )
      if (!(await isPassword(found?.password_hash, input.current))) throw orgError('PASSWORD_WRONG', {})
      const hash = await hashPassword(input.next)
      await pg.transaction(async (tx) => {
        await tx.execute(sql`UPDATE staff SET password_hash = ${hash} WHERE staff_id = ${caller.staffId}`)
        await endAccess(tx, caller.staffId)
        await audit.record(tx, {
          ...{ actor: caller.username, action: 'staff.change_password' },
          ...{ objectType: 'staff', objectId: caller.staffNo },
        })
      })
    },
  }
}
