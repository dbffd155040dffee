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
      "operator GET /operator/plan/types",
      "operator POST /operator/administrator",
      "operator POST /operator/import",
      "operator POST /operator/token",
      "public GET /*",
      "public GET /demo/customers",
      "public GET /h5",
      "public GET /h5/*",
      "public GET /healthz",
      "public OPTIONS /a",
      "public OPTIONS /array/:token/config",
      "public OPTIONS /array/:token/config.js",
      "public OPTIONS /b",
      "public OPTIONS /batch",
      "public OPTIONS /batch/",
      "public OPTIONS /capture",
      "public OPTIONS /capture/",
      "public OPTIONS /com.snowplowanalytics.snowplow/tp2",
      "public OPTIONS /debug",
      "public OPTIONS /debug/:writeKey",
      "public OPTIONS /decide",
      "public OPTIONS /decide/",
      "public OPTIONS /e",
      "public OPTIONS /e/",
      "public OPTIONS /engage",
      "public OPTIONS /engage/",
      "public OPTIONS /flags",
      "public OPTIONS /flags/",
      "public OPTIONS /g",
      "public OPTIONS /i",
      "public OPTIONS /i/v0/e",
      "public OPTIONS /i/v0/e/",
      "public OPTIONS /list",
      "public OPTIONS /p",
      "public OPTIONS /profile/list",
      "public OPTIONS /s",
      "public OPTIONS /s/",
      "public OPTIONS /sa",
      "public OPTIONS /sa.gif",
      "public OPTIONS /sa.gif/:writeKey",
      "public OPTIONS /sa/:writeKey",
      "public OPTIONS /service/2/app_log/",
      "public OPTIONS /t",
      "public OPTIONS /tobid",
      "public OPTIONS /track",
      "public OPTIONS /track/",
      "public OPTIONS /v1/*",
      "public OPTIONS /v1/inbox",
      "public OPTIONS /v1/inbox/:messageId/read",
      "public OPTIONS /v1/slots",
      "public OPTIONS /v2/event/json",
      "public OPTIONS /v2/event/list",
      "public OPTIONS /volc/:writeKey/list",
      "public OPTIONS /volc/:writeKey/profile/list",
      "public OPTIONS /volc/:writeKey/service/2/app_log/",
      "public OPTIONS /volc/:writeKey/tobid",
      "public OPTIONS /volc/:writeKey/v1/list",
      "public OPTIONS /volc/:writeKey/v1/user/webid",
      "public OPTIONS /volc/:writeKey/v2/event/json",
      "public OPTIONS /volc/:writeKey/v2/event/list",
      "public OPTIONS /volc/:writeKey/webid",
      "public OPTIONS /webid",
      "public POST /api/login",
      "public POST /demo/become",
      "writeKey GET /array/:token/config",
      "writeKey GET /array/:token/config.js",
      "writeKey GET /i",
      "writeKey GET /sa",
      "writeKey GET /sa.gif",
      "writeKey GET /sa.gif/:writeKey",
      "writeKey GET /sa/:writeKey",
      "writeKey GET /v1/projects/:writeKey/settings",
      "writeKey POST /a",
      "writeKey POST /b",
      "writeKey POST /batch",
      "writeKey POST /batch/",
      "writeKey POST /capture",
      "writeKey POST /capture/",
      "writeKey POST /com.snowplowanalytics.snowplow/tp2",
      "writeKey POST /debug",
      "writeKey POST /debug/:writeKey",
      "writeKey POST /decide",
      "writeKey POST /decide/",
      "writeKey POST /e",
      "writeKey POST /e/",
      "writeKey POST /engage",
      "writeKey POST /engage/",
      "writeKey POST /flags",
      "writeKey POST /flags/",
      "writeKey POST /g",
      "writeKey POST /i",
      "writeKey POST /i/v0/e",
      "writeKey POST /i/v0/e/",
      "writeKey POST /list",
      "writeKey POST /p",
      "writeKey POST /profile/list",
      "writeKey POST /s",
      "writeKey POST /s/",
      "writeKey POST /sa",
      "writeKey POST /sa.gif",
      "writeKey POST /sa.gif/:writeKey",
      "writeKey POST /sa/:writeKey",
      "writeKey POST /service/2/app_log/",
      "writeKey POST /t",
      "writeKey POST /tobid",
      "writeKey POST /track",
      "writeKey POST /track/",
      "writeKey POST /v1/a",
      "writeKey POST /v1/alias",
      "writeKey POST /v1/b",
      "writeKey POST /v1/batch",
      "writeKey POST /v1/cloudevents",
      "writeKey POST /v1/g",
      "writeKey POST /v1/group",
      "writeKey POST /v1/i",
      "writeKey POST /v1/identify",
      "writeKey POST /v1/list",
      "writeKey POST /v1/p",
      "writeKey POST /v1/page",
      "writeKey POST /v1/s",
      "writeKey POST /v1/screen",
      "writeKey POST /v1/t",
      "writeKey POST /v1/track",
      "writeKey POST /v1/user/webid",
      "writeKey POST /v2/event/json",
      "writeKey POST /v2/event/list",
      "writeKey POST /volc/:writeKey/list",
      "writeKey POST /volc/:writeKey/profile/list",
      "writeKey POST /volc/:writeKey/service/2/app_log/",
      "writeKey POST /volc/:writeKey/tobid",
      "writeKey POST /volc/:writeKey/v1/list",
      "writeKey POST /volc/:writeKey/v1/user/webid",
      "writeKey POST /volc/:writeKey/v2/event/json",
      "writeKey POST /volc/:writeKey/v2/event/list",
      "writeKey POST /volc/:writeKey/webid",
      "writeKey POST /webid",
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
