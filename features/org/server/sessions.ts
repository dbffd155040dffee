import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Audit } from '#features/audit/server/index.ts'
import { orgError } from '#features/org/common/org-errors.ts'
import type { createCallers } from '#features/org/server/callers.ts'
import { isPassword } from '#features/org/server/password.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Authenticate } from '#platform/server/http.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export const sessionCookie = 'zhike_session'
const sessionHours = 12
const idleMinutes = 120
const mostFailures = 5
const lockMinutes = 15

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
const minutesAfter = (moment: Date, minutes: number) => new Date(moment.getTime() + minutes * 60_000)

/** The CSRF token follows from the session token, so a reloaded page gets the same one; the cookie alone can't be read by scripts. */
export const csrfTokenOf = (sessionToken: string): string =>
  sha256(`csrf:${sessionToken}`).toString('base64url')

type Credentials = {
  staff_id: number
  password_hash: string | null
  failed_logins: number
  locked_until: Date | null
}

/** Password sign-in, sessions and API tokens. Only hashes of tokens are stored. */
export function createSessions(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  callers: ReturnType<typeof createCallers>
}) {
  const { pg, clock, audit, callers } = deps

  async function noteFailure(username: string, staffId: number): Promise<void> {
    const now = clock.now()
    await pg.transaction(async (tx) => {
      const after = await tx.first<{ failed_logins: number }>(sql`
        UPDATE staff SET failed_logins = failed_logins + 1,
          locked_until = CASE WHEN failed_logins + 1 >= ${mostFailures} THEN ${minutesAfter(now, lockMinutes)}::timestamptz END
        WHERE staff_id = ${staffId} RETURNING failed_logins`)
      const action = (after?.failed_logins ?? 0) >= mostFailures ? 'session.lock' : 'session.refuse'
      await audit.record(tx, { actor: username, action, objectType: 'staff', objectId: username })
    })
  }

  /** Checks a password; a fifth failure locks for 15 minutes. */
  async function checkPassword(username: string, password: string): Promise<Caller> {
    const found = await pg.first<Credentials>(sql`
      SELECT s.staff_id, s.password_hash, s.failed_logins, s.locked_until FROM staff AS s
      WHERE s.username = ${username} AND s.state = 'active'`)
    if (found?.locked_until && found.locked_until > clock.now()) throw orgError('LOGIN_LOCKED', {})
    if (found?.locked_until) {
      await pg.execute(
        sql`UPDATE staff SET failed_logins = 0, locked_until = NULL WHERE staff_id = ${found.staff_id}`,
      )
    }
    if (!(await isPassword(found?.password_hash, password)) || !found) {
      if (found) await noteFailure(username, found.staff_id)
      throw orgError('LOGIN_FAILED', {})
    }
    const caller = await callers.find(found.staff_id)
    if (!caller) throw orgError('LOGIN_FAILED', {})
    return caller
  }

  async function callerOfSession(token: string): Promise<Caller | undefined> {
    const now = clock.now()
    const session = await pg.first<{ staff_id: number; last_seen_at: Date }>(sql`
      SELECT s.staff_id, s.last_seen_at FROM session AS s
      WHERE s.token_hash = ${sha256(token)} AND s.expires_at > ${now}::timestamptz
        AND s.last_seen_at > ${minutesAfter(now, -idleMinutes)}::timestamptz`)
    if (!session) return undefined
    if (session.last_seen_at < minutesAfter(now, -1)) {
      await pg.execute(
        sql`UPDATE session SET last_seen_at = ${now}::timestamptz WHERE token_hash = ${sha256(token)}`,
      )
    }
    return callers.find(session.staff_id)
  }

  async function callerOfToken(token: string): Promise<Caller | undefined> {
    const found = await pg.first<{ staff_id: number }>(sql`
      SELECT t.staff_id FROM api_token AS t
      WHERE t.token_hash = ${sha256(token)} AND t.revoked_at IS NULL
        AND (t.expires_at IS NULL OR t.expires_at > ${clock.now()}::timestamptz)`)
    return found && callers.find(found.staff_id)
  }

  const authenticate: Authenticate = async (request) => {
    const header = request.headers.authorization
    if (header?.startsWith('Bearer ')) {
      const caller = await callerOfToken(header.slice('Bearer '.length).trim())
      return caller && { caller, isCookie: false, isCsrfValid: true }
    }
    const token = request.cookies[sessionCookie]
    if (!token) return undefined
    const caller = await callerOfSession(token)
    return caller && { caller, isCookie: true, isCsrfValid: hasCsrfToken(request, token) }
  }

  return {
    authenticate,

    async login(
      username: string,
      password: string,
    ): Promise<{ token: string; csrfToken: string; caller: Caller; expiresAt: Date }> {
      const caller = await checkPassword(username, password)
      const token = randomBytes(32).toString('base64url')
      const now = clock.now()
      const expiresAt = minutesAfter(now, sessionHours * 60)
      await pg.transaction(async (tx) => {
        await tx.execute(
          sql`UPDATE staff SET failed_logins = 0, locked_until = NULL WHERE staff_id = ${caller.staffId}`,
        )
        await tx.execute(sql`DELETE FROM session WHERE expires_at < ${now}::timestamptz`)
        await tx.execute(sql`
          INSERT INTO session (token_hash, staff_id, created_at, last_seen_at, expires_at)
          VALUES (${sha256(token)}, ${caller.staffId}, ${now}::timestamptz, ${now}::timestamptz, ${expiresAt}::timestamptz)`)
        await audit.record(tx, {
          actor: caller.username,
          action: 'session.open',
          objectType: 'staff',
          objectId: caller.username,
        })
      })
      return { token, csrfToken: csrfTokenOf(token), caller, expiresAt }
    },

    async logout(caller: Caller, token: string | undefined): Promise<void> {
      await pg.transaction(async (tx) => {
        if (token) await tx.execute(sql`DELETE FROM session WHERE token_hash = ${sha256(token)}`)
        await audit.record(tx, {
          actor: caller.username,
          action: 'session.close',
          objectType: 'staff',
          objectId: caller.username,
        })
      })
    },

    /** Makes a token that acts as a person; its text is returned once and never stored. */
    async createToken(
      actor: string,
      staffId: number,
      name: string,
      days: number,
    ): Promise<{ token: string; expiresAt: Date }> {
      const token = `zk_${randomBytes(32).toString('base64url')}`
      const now = clock.now()
      const expiresAt = minutesAfter(now, days * 1440)
      await pg.transaction(async (tx) => {
        const taken = await tx.first(sql`
          SELECT 1 FROM api_token AS t WHERE t.staff_id = ${staffId} AND t.name = ${name} AND t.revoked_at IS NULL`)
        if (taken) throw orgError('TOKEN_NAME_TAKEN', { name })
        await tx.execute(sql`
          INSERT INTO api_token (token_hash, staff_id, name, created_at, expires_at)
          VALUES (${sha256(token)}, ${staffId}, ${name}, ${now}::timestamptz, ${expiresAt}::timestamptz)`)
        await audit.record(tx, {
          actor,
          action: 'api_token.create',
          objectType: 'api_token',
          objectId: name,
          after: { staffId, expiresAt },
        })
      })
      return { token, expiresAt }
    },

    async revokeToken(caller: Caller, name: string): Promise<void> {
      await pg.transaction(async (tx) => {
        const revoked = await tx.execute(sql`
          UPDATE api_token SET revoked_at = ${clock.now()}::timestamptz
          WHERE staff_id = ${caller.staffId} AND name = ${name} AND revoked_at IS NULL`)
        if (revoked === 0) throw orgError('TOKEN_NOT_FOUND', { name })
        await audit.record(tx, {
          actor: caller.username,
          action: 'api_token.revoke',
          objectType: 'api_token',
          objectId: name,
        })
      })
    },
  }
}

function hasCsrfToken(request: FastifyRequest, sessionToken: string): boolean {
  const sent = request.headers['x-csrf-token']
  if (typeof sent !== 'string') return false
  const expected = Buffer.from(csrfTokenOf(sessionToken))
  const given = Buffer.from(sent)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
