import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from '#features/audit/server/index.ts'
import { createOrg, hashPassword, type Org, registerOrgRoutes } from '#features/org/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { createHttpServer, type HttpServer } from '#platform/server/http.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let pg: Postgres
let drop: () => Promise<void>
let app: HttpServer
let org: Org
let now = new Date('2026-11-01T02:00:00Z')
const timeZone = 'Asia/Shanghai'

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  const clock = { now: () => now }
  const audit = createAudit({ pg, clock })
  org = createOrg({ pg, clock, audit, timeZone })
  const made = createHttpServer({
    authenticate: org.sessions.authenticate,
    isOperator: () => false,
    logLevel: 'silent',
    version: 'test',
  })
  app = made.app
  registerOrgRoutes(made.http, { org, hasSecureCookies: false })
  const passwordHash = await hashPassword('demo')
  await pg.transaction(async (tx) => {
    await org.tree.upsertMany(
      tx,
      [
        { code: 'HQ', name: '总行', kind: 'head_office', parentCode: null },
        { code: 'B1', name: '一分行', kind: 'branch', parentCode: 'HQ' },
        { code: 'B2', name: '二分行', kind: 'branch', parentCode: 'HQ' },
        { code: 'O11', name: '一分行营业部', kind: 'outlet', parentCode: 'B1' },
      ],
      '2026-01-01',
    )
    const person = (
      staffNo: string,
      orgCode: string,
      role: 'hq_operator' | 'branch_operator' | 'security_admin' | 'system_admin' | 'relationship_manager',
    ) => ({
      staffNo,
      name: staffNo,
      orgCode,
      role,
      username: staffNo,
      passwordHash,
    })
    await org.staff.upsertMany(
      tx,
      [
        person('hq', 'HQ', 'hq_operator'),
        person('branch', 'B1', 'branch_operator'),
        person('security', 'HQ', 'security_admin'),
        person('admin', 'HQ', 'system_admin'),
        person('rm', 'O11', 'relationship_manager'),
      ],
      { day: '2026-01-01' },
    )
  })
})
afterAll(async () => {
  await app.close()
  await drop()
})

async function signIn(username: string) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/login',
    payload: { username, password: 'demo' },
  })
  expect(answer.statusCode).toBe(200)
  const cookie = answer.headers['set-cookie'] as string
  return {
    cookie: cookie.split(';')[0] ?? '',
    csrf: answer.json().csrfToken as string,
    setCookie: cookie,
    user: answer.json().user,
  }
}

test('signing in gives an httpOnly cookie and a CSRF token that writes must carry', async () => {
  const { cookie, csrf, setCookie, user } = await signIn('admin')
  expect(setCookie).toMatch(/HttpOnly/i)
  expect(setCookie).toMatch(/SameSite=Strict/i)
  expect(user).toMatchObject({ username: 'admin', roles: ['system_admin'], orgName: '总行' })
  const write = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/api/org-units',
      headers: { cookie, ...headers },
      payload: { code: 'B3', name: '三分行', kind: 'branch', parentCode: 'HQ' },
    })
  expect((await write({})).json()).toMatchObject({ status: 403, code: 'CSRF_INVALID' })
  expect((await write({ 'x-csrf-token': csrf })).statusCode).toBe(201)
  const session = await app.inject({ url: '/api/session', headers: { cookie } })
  expect(session.json().csrfToken).toBe(csrf)
})

test('five wrong passwords lock for 15 minutes, whoever then knows the right one', async () => {
  const attempt = (password: string) =>
    app.inject({ method: 'POST', url: '/api/login', payload: { username: 'hq', password } })
  for (let nth = 0; nth < 5; nth += 1) expect((await attempt('wrong')).json().code).toBe('LOGIN_FAILED')
  expect((await attempt('demo')).json()).toMatchObject({ status: 429, code: 'LOGIN_LOCKED' })
  now = new Date(now.getTime() + 15 * 60_000 + 1)
  expect((await attempt('demo')).statusCode).toBe(200)
})

test('an unknown user is told what a wrong password is told', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/login',
    payload: { username: 'nobody', password: 'x' },
  })
  expect(answer.json()).toMatchObject({ status: 401, code: 'LOGIN_FAILED' })
})

test('tokens act as their person until revoked, and are stored as hashes', async () => {
  const { cookie, csrf } = await signIn('hq')
  const made = await app.inject({
    method: 'POST',
    url: '/api/tokens',
    headers: { cookie, 'x-csrf-token': csrf },
    payload: { name: 'ci' },
  })
  const { token } = made.json()
  const asToken = () => app.inject({ url: '/api/session', headers: { authorization: `Bearer ${token}` } })
  expect((await asToken()).json().user.username).toBe('hq')
  const stored = await pg.query<{ text: string }>(sql`SELECT t::text AS text FROM api_token AS t`)
  expect(stored[0]?.text).not.toContain(token)
  await app.inject({ method: 'DELETE', url: '/api/tokens/ci', headers: { authorization: `Bearer ${token}` } })
  expect((await asToken()).statusCode).toBe(401)
})

test('logging out ends the session; an idle one ends by itself', async () => {
  const first = await signIn('hq')
  await app.inject({
    method: 'POST',
    url: '/api/logout',
    headers: { cookie: first.cookie, 'x-csrf-token': first.csrf },
  })
  expect((await app.inject({ url: '/api/session', headers: { cookie: first.cookie } })).statusCode).toBe(401)
  const second = await signIn('hq')
  now = new Date(now.getTime() + 121 * 60_000)
  expect((await app.inject({ url: '/api/session', headers: { cookie: second.cookie } })).statusCode).toBe(401)
})

test('permissions follow from the post; nobody grants themselves', async () => {
  const { cookie, csrf } = await signIn('security')
  const headers = { cookie, 'x-csrf-token': csrf }
  const own = await app.inject({
    method: 'POST',
    url: '/api/staff/security/posts',
    headers,
    payload: { orgCode: 'HQ', role: 'system_admin' },
  })
  expect(own.json()).toMatchObject({ status: 403, code: 'OWN_POST' })
  const granted = await app.inject({
    method: 'POST',
    url: '/api/staff/rm/posts',
    headers,
    payload: { orgCode: 'B2', role: 'branch_operator' },
  })
  expect(granted.json().posts).toHaveLength(2)
  const denied = await app.inject({
    method: 'POST',
    url: '/api/org-units',
    headers,
    payload: { code: 'X', name: 'X', kind: 'branch', parentCode: 'HQ' },
  })
  expect(denied.json()).toMatchObject({ status: 403, code: 'PERMISSION_MISSING' })
  const ended = await app.inject({
    method: 'POST',
    url: '/api/staff/rm/posts/end',
    headers,
    payload: { orgCode: 'B2', role: 'branch_operator', reason: 'mistake' },
  })
  expect(ended.statusCode).toBe(200)
})

test('scope: everyone for head office, the subtree for a branch, own customers for an RM', async () => {
  const scopeOf = async (username: string) => {
    const person = await org.staff.findByUsername(username)
    return (await org.callers.find(person?.staffId ?? 0))?.scopeOf('customer.read')
  }
  expect(await scopeOf('hq')).toMatchObject({ everyone: true })
  expect(await scopeOf('branch')).toMatchObject({ everyone: false, orgIds: [2, 4], rmStaffId: null })
  expect(await scopeOf('rm')).toMatchObject({ everyone: false, orgIds: [], rmStaffId: 5 })
  expect(await scopeOf('admin')).toMatchObject({ everyone: false, orgIds: [], rmStaffId: null })
})

test('the tree is shown as it was on a day, and a unit never goes below itself', async () => {
  const { cookie, csrf } = await signIn('admin')
  const headers = { cookie, 'x-csrf-token': csrf }
  const loop = await app.inject({
    method: 'PUT',
    url: '/api/org-units/B1',
    headers,
    payload: { parentCode: 'O11' },
  })
  expect(loop.json()).toMatchObject({ status: 409, code: 'ORG_UNIT_LOOP' })
  const moved = await app.inject({
    method: 'PUT',
    url: '/api/org-units/O11',
    headers,
    payload: { parentCode: 'B2', name: '二分行营业部' },
  })
  expect(moved.json()).toMatchObject({ name: '二分行营业部' })
  const unitAt = async (asOf: string) => {
    const list = await app.inject({ url: `/api/org-units?asOf=${asOf}`, headers })
    return list.json().items.find((unit: { code: string }) => unit.code === 'O11')
  }
  expect(await unitAt('2026-10-31')).toMatchObject({ name: '一分行营业部', parentId: 2 })
  expect(await unitAt('2026-11-02')).toMatchObject({ name: '二分行营业部', parentId: 3 })
})
