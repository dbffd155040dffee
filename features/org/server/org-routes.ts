import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  ChangeOrgUnit,
  ChangeOwnPassword,
  ChangeStaff,
  CreatedToken,
  CreateOrgUnit,
  CreateStaff,
  CreateToken,
  EndPost,
  GrantPost,
  LoggedIn,
  Login,
  OrgUnit,
  OrgUnits,
  OrgUnitsQuery,
  type SessionUser,
  SetPassword,
  Staff,
  StaffPage,
  StaffQuery,
} from '#features/org/common/org.ts'
import type { Org } from '#features/org/server/org.ts'
import { csrfTokenOf, sessionCookie } from '#features/org/server/sessions.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { org: Org; hasSecureCookies: boolean }

export function registerOrgRoutes(http: Http, deps: Deps): void {
  registerSessionRoutes(http, deps)
  registerUnitRoutes(http, deps)
  registerStaffRoutes(http, deps)
}

function registerSessionRoutes(http: Http, { org, hasSecureCookies }: Deps): void {
  const cookieOptions = { path: '/', httpOnly: true, sameSite: 'strict', secure: hasSecureCookies } as const
  const tags = ['session']

  const describeUser = async (caller: Caller): Promise<SessionUser> => ({
    username: caller.username,
    staffNo: caller.staffNo,
    name: caller.name,
    roles: [...caller.roles],
    permissions: [...caller.permissions],
    orgId: caller.homeOrgId,
    ...(await org.homeOf(caller)),
  })
  const sessionToken = (request: FastifyRequest) => request.cookies[sessionCookie]

  http.post(
    '/api/login',
    {
      config: { permission: 'public' },
      schema: { operationId: 'login', tags, body: Login, response: { 200: LoggedIn } },
    },
    async (request, reply) => {
      const { token, csrfToken, caller, expiresAt } = await org.sessions.login(
        request.body.username,
        request.body.password,
      )
      reply.setCookie(sessionCookie, token, { ...cookieOptions, expires: expiresAt })
      return { csrfToken, user: await describeUser(caller) }
    },
  )
  http.get(
    '/api/session',
    {
      config: { permission: 'self' },
      schema: { operationId: 'getSession', tags, response: { 200: LoggedIn } },
    },
    async (request) => ({
      csrfToken: csrfTokenOf(sessionToken(request) ?? ''),
      user: await describeUser(request.caller),
    }),
  )
  http.post(
    '/api/logout',
    { config: { permission: 'self' }, schema: { operationId: 'logout', tags, response: { 204: z.null() } } },
    async (request, reply) => {
      await org.sessions.logout(request.caller, sessionToken(request))
      return reply.clearCookie(sessionCookie, cookieOptions).status(204).send(null)
    },
  )
  http.post(
    '/api/password',
    {
      config: { permission: 'self' },
      schema: {
        operationId: 'changeOwnPassword',
        tags,
        body: ChangeOwnPassword,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await org.accounts.changeOwnPassword(request.caller, request.body)
      return reply.clearCookie(sessionCookie, cookieOptions).status(204).send(null)
    },
  )
  http.post(
    '/api/tokens',
    {
      config: { permission: 'self' },
      schema: { operationId: 'createToken', tags, body: CreateToken, response: { 201: CreatedToken } },
    },
    async (request, reply) => {
      const { name, days } = request.body
      const made = await org.sessions.createToken(request.caller.username, request.caller.staffId, name, days)
      return reply.status(201).send({ token: made.token, expiresAt: made.expiresAt.toISOString() })
    },
  )
  http.delete(
    '/api/tokens/:name',
    {
      config: { permission: 'self' },
      schema: {
        operationId: 'revokeToken',
        tags,
        params: z.object({ name: z.string() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await org.sessions.revokeToken(request.caller, request.params.name)
      return reply.status(204).send(null)
    },
  )
}

function registerUnitRoutes(http: Http, { org }: Deps): void {
  const tags = ['org']
  http.get(
    '/api/org-units',
    {
      config: { permission: 'org.read' },
      schema: { operationId: 'listOrgUnits', tags, querystring: OrgUnitsQuery, response: { 200: OrgUnits } },
    },
    async (request) => ({ items: await org.tree.list(org.unitScope(request.caller), request.query.asOf) }),
  )
  http.post(
    '/api/org-units',
    {
      config: { permission: 'org.write' },
      schema: { operationId: 'createOrgUnit', tags, body: CreateOrgUnit, response: { 201: OrgUnit } },
    },
    async (request, reply) => reply.status(201).send(await org.tree.create(request.caller, request.body)),
  )
  http.put(
    '/api/org-units/:code',
    {
      config: { permission: 'org.write' },
      schema: {
        operationId: 'changeOrgUnit',
        tags,
        params: z.object({ code: z.string() }),
        body: ChangeOrgUnit,
        response: { 200: OrgUnit },
      },
    },
    async (request) => org.tree.change(request.caller, request.params.code, request.body),
  )
}

function registerStaffRoutes(http: Http, { org }: Deps): void {
  const tags = ['staff']
  const params = z.object({ staffNo: z.string() })
  http.get(
    '/api/staff',
    {
      config: { permission: 'staff.read' },
      schema: { operationId: 'listStaff', tags, querystring: StaffQuery, response: { 200: StaffPage } },
    },
    async (request) => org.staff.list(request.scope, request.query),
  )
  http.post(
    '/api/staff',
    {
      config: { permission: 'staff.write' },
      schema: { operationId: 'createStaff', tags, body: CreateStaff, response: { 201: Staff } },
    },
    async (request, reply) =>
      reply.status(201).send(await org.staff.create(request.caller.username, request.body)),
  )
  http.put(
    '/api/staff/:staffNo',
    {
      config: { permission: 'staff.write' },
      schema: { operationId: 'changeStaff', tags, params, body: ChangeStaff, response: { 200: Staff } },
    },
    async (request) => org.accounts.change(request.caller, request.params.staffNo, request.body),
  )
  http.post(
    '/api/staff/:staffNo/password',
    {
      config: { permission: 'staff.write' },
      schema: { operationId: 'setStaffPassword', tags, params, body: SetPassword, response: { 200: Staff } },
    },
    async (request) => org.accounts.setPassword(request.caller, request.params.staffNo, request.body),
  )
  http.post(
    '/api/staff/:staffNo/posts',
    {
      config: { permission: 'role.grant' },
      schema: { operationId: 'grantPost', tags, params, body: GrantPost, response: { 201: Staff } },
    },
    async (request, reply) =>
      reply.status(201).send(await org.staff.grantPost(request.caller, request.params.staffNo, request.body)),
  )
  http.post(
    '/api/staff/:staffNo/posts/end',
    {
      config: { permission: 'role.grant' },
      schema: { operationId: 'endPost', tags, params, body: EndPost, response: { 200: Staff } },
    },
    async (request) => org.staff.endPost(request.caller, request.params.staffNo, request.body),
  )
}
