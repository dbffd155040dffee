import {
  type Caller,
  type OrgScope,
  type Permission,
  permissions,
  type Role,
  scopeOfEveryone,
} from '#platform/common/access.ts'
import { createHttpServer } from '#platform/server/http.ts'

/** A caller for tests; everything may be said otherwise. */
export function testCaller(
  options: {
    username?: string
    staffId?: number
    orgId?: number
    scope?: OrgScope
    permissions?: readonly Permission[]
    roles?: readonly Role[]
  } = {},
): Caller {
  const { username = 'hq', staffId = 1, orgId = 1, scope = scopeOfEveryone } = options
  return {
    staffId,
    staffNo: `S${staffId}`,
    username,
    name: username,
    homeOrgId: orgId,
    roles: options.roles ?? ['hq_operator'],
    permissions: new Set(options.permissions ?? permissions),
    scopeOf: () => scope,
  }
}

/** An HTTP server whose caller is whoever the test says with `as`. */
export function createTestHttp() {
  let caller: Caller | undefined = testCaller()
  const { app, http } = createHttpServer({
    authenticate: async () => (caller ? { caller, isCookie: false, isCsrfValid: true } : undefined),
    isOperator: (request) => request.headers.authorization === 'Bearer operator',
    logLevel: 'error',
    version: 'test',
  })
  return {
    app,
    http,
    as(next: Caller | undefined): void {
      caller = next
    },
  }
}
