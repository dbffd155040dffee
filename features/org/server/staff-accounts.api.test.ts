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

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  const clock = { now: () => new Date('2026-11-01T02:00:00Z') }
  org = createOrg({ pg, clock, audit: createAudit({ pg, clock }), timeZone: 'Asia/Shanghai' })
  const made = createHttpServer({
    authenticate: org.sessions.authenticate,
    isOperator: () => false,
    logLevel: 'silent',
    version: 'test',
  })
  app = made.app
  registerOrgRoutes(made.http, { org, hasSecureCookies: false })
  const passwordHash = await hashPassword('first-password')
  const person = (staffNo: string, role: 'security_admin' | 'hq_operator' | 'branch_operator') => ({
    ...{ staffNo, name: staffNo, orgCode: 'HQ', role, username: staffNo, passwordHash },
  })
  await pg.transaction(async (tx) => {
    const head = { code: 'HQ', name: '总行', kind: 'head_office' as const, parentCode: null }
    await org.tree.upsertMany(tx, [head], '2026-01-01')
    const people = [
      ...[person('security', 'security_admin'), person('hq', 'hq_operator'), person('li', 'branch_operator')],
    ]
    await org.staff.upsertMany(tx, people, { day: '2026-01-01' })
  })
})
afterAll(async () => {
  await app.close()
  await drop()
})

const login = (username: string, password: string) =>
  app.inject({ method: 'POST', url: '/api/login', payload: { username, password } })

async function as(username: string, password = 'first-password') {
  const answer = await login(username, password)
  const cookie = (answer.headers['set-cookie'] as string).split(';')[0] ?? ''
  const headers = { cookie, 'x-csrf-token': answer.json().csrfToken as string }
  return (method: 'PUT' | 'POST' | 'GET', url: string, payload?: object) =>
    app.inject({ method, url, headers, ...(payload && { payload }) })
}

test('a reset password unlocks, ends sessions and tokens, and is never in the audit', async () => {
  const li = await as('li')
  const token = (await li('POST', '/api/tokens', { name: 'script' })).json().token as string
  for (let nth = 0; nth < 5; nth += 1) await login('li', 'wrong')
  expect((await login('li', 'first-password')).json().code).toBe('LOGIN_LOCKED')
  const security = await as('security')
  const answer = await security('POST', '/api/staff/li/password', {
    password: 'second-password',
    reason: 'forgot it',
  })
  expect(answer.json()).toMatchObject({ staffNo: 'li', isLocked: false })
  expect((await li('GET', '/api/session')).statusCode).toBe(401)
  const asToken = await app.inject({ url: '/api/session', headers: { authorization: `Bearer ${token}` } })
  expect(asToken.statusCode).toBe(401)
  expect((await login('li', 'second-password')).statusCode).toBe(200)
  const audit = await pg.query<{ text: string }>(sql`SELECT a::text AS text FROM audit AS a`)
  expect(audit.some(({ text }) => text.includes('staff.set_password') && text.includes('forgot it'))).toBe(
    true,
  )
  expect(audit.some(({ text }) => text.includes('second-password'))).toBe(false)
})

test('who leaves is out at once, and may come back', async () => {
  const hq = await as('hq')
  const security = await as('security')
  const left = await security('PUT', '/api/staff/hq', { state: 'left', reason: 'left the bank' })
  expect(left.json().state).toBe('left')
  expect((await hq('GET', '/api/session')).statusCode).toBe(401)
  expect((await login('hq', 'first-password')).json().code).toBe('LOGIN_FAILED')
  await security('PUT', '/api/staff/hq', { state: 'active', reason: 'came back' })
  expect((await login('hq', 'first-password')).statusCode).toBe(200)
})

test.each([
  ['nobody ends their own account', '/api/staff/security', { state: 'left', reason: 'x' }, 'OWN_ACCOUNT'],
  ['a user name belongs to one person', '/api/staff/li', { username: 'hq', reason: 'x' }, 'STAFF_TAKEN'],
  ['there must be such a person', '/api/staff/none', { name: 'x', reason: 'x' }, 'STAFF_NOT_FOUND'],
])('%s', async (_name, url, payload, code) => {
  const security = await as('security')
  expect((await security('PUT', url, payload)).json().code).toBe(code)
})

test('nobody resets their own password; an operator resets nobody’s', async () => {
  const payload = { password: 'another-password', reason: 'x' }
  const own = await (await as('security'))('POST', '/api/staff/security/password', payload)
  expect(own.json().code).toBe('OWN_ACCOUNT')
  expect((await (await as('hq'))('POST', '/api/staff/li/password', payload)).statusCode).toBe(403)
})

test('one’s own password needs the current one, and ends the session', async () => {
  const hq = await as('hq')
  const change = (current: string) => hq('POST', '/api/password', { current, next: 'my-own-new-password' })
  expect((await change('wrong')).json().code).toBe('PASSWORD_WRONG')
  expect((await change('first-password')).statusCode).toBe(204)
  expect((await hq('GET', '/api/session')).statusCode).toBe(401)
  expect((await login('hq', 'my-own-new-password')).statusCode).toBe(200)
})
