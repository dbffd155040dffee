import { afterAll, beforeAll, expect, test } from 'vitest'
import { permissions, type Role, rolePermissions } from '#platform/common/access.ts'
import type { RouteRecord } from '#platform/server/http.ts'
import { createHttpServer } from '#platform/server/http.ts'
import { openTestApp, type TestApp } from './test-app.ts'

let bank: TestApp
let routes: readonly RouteRecord[]

beforeAll(async () => {
  bank = await openTestApp()
  routes = bank.app.http.accessOfRoutes.filter((route) => route.method !== 'HEAD')
})
afterAll(() => bank.close())

const userOfRole: { readonly [R in Role]: string } = {
  system_admin: 'admin',
  security_admin: 'security',
  auditor: 'auditor',
  hq_operator: 'hq',
  approver: 'checker',
  branch_operator: 'branch1',
  relationship_manager: 'rm1',
}
const filled = (url: string) =>
  url.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'jobId' ? crypto.randomUUID() : '1'))
const isSignedIn = ({ permission }: RouteRecord) => (permissions as readonly string[]).includes(permission)

test('every route declares a permission, and registering one without throws', () => {
  expect(routes.length).toBeGreaterThan(50)
  for (const route of routes) expect(route.permission, `${route.method} ${route.url}`).toBeTruthy()
  const { http } = createHttpServer({
    authenticate: async () => undefined,
    isOperator: () => false,
    logLevel: 'silent',
    version: 'test',
  })
  expect(() => http.get('/bare', async () => 'x')).toThrow(/declares no permission/)
})

test('only what must be is open to everyone', () => {
  const open = routes
    .filter((route) => !isSignedIn(route))
    .map((route) => `${route.permission} ${route.method} ${route.url}`)
  expect(open.sort()).toMatchInlineSnapshot(`
    [
      "customer GET /v1/inbox",
      "customer GET /v1/slots",
      "customer POST /v1/inbox/:messageId/read",
      "operator GET /operator/audit/verify",
      "operator POST /operator/administrator",
      "operator POST /operator/import",
      "operator POST /operator/token",
      "public GET /*",
      "public GET /demo/customers",
      "public GET /h5",
      "public GET /h5/*",
      "public GET /healthz",
      "public OPTIONS /v1/*",
      "public OPTIONS /v1/inbox",
      "public OPTIONS /v1/inbox/:messageId/read",
      "public OPTIONS /v1/slots",
      "public POST /api/login",
      "public POST /demo/become",
      "writeKey POST /v1/alias",
      "writeKey POST /v1/batch",
      "writeKey POST /v1/group",
      "writeKey POST /v1/identify",
      "writeKey POST /v1/page",
      "writeKey POST /v1/screen",
      "writeKey POST /v1/track",
    ]
  `)
})

test('nobody gets through without signing in', async () => {
  for (const route of routes.filter(isSignedIn)) {
    const answer = await bank.app.http.inject({ method: route.method as 'GET', url: filled(route.url) })
    expect(answer.statusCode, `${route.method} ${route.url}`).toBe(401)
  }
})

test('each role is refused what its permissions do not name', async () => {
  for (const [role, username] of Object.entries(userOfRole)) {
    const call = await bank.as(username)
    const granted = rolePermissions[role as Role] as readonly string[]
    for (const route of routes.filter((each) => isSignedIn(each) && !granted.includes(each.permission))) {
      const answer = await call(route.method, filled(route.url))
      expect(answer.status, `${role} ${route.method} ${route.url}`).toBe(403)
      expect(answer.body.code).toBe('PERMISSION_MISSING')
    }
  }
})

test('system and security administrators see no customer, only the auditor reads audit', () => {
  const holders = (permission: string) =>
    Object.entries(rolePermissions)
      .filter(([, granted]) => (granted as readonly string[]).includes(permission))
      .map(([role]) => role)
  expect(holders('audit.read')).toEqual(['auditor'])
  for (const role of ['system_admin', 'security_admin', 'auditor'] as const) {
    expect(rolePermissions[role]).not.toContain('customer.read')
    expect(rolePermissions[role]).not.toContain('balance.read')
  }
  expect(holders('approval.decide')).toEqual(['approver'])
})
