import { z } from 'zod'
import {
  ChangeDashboard,
  CopyDashboard,
  CreateDashboard,
  Dashboard,
  DashboardKey,
  DashboardPage,
  DashboardQuery,
  DashboardVersions,
} from '#features/insight/common/dashboard.ts'
import type { Dashboards } from '#features/insight/server/dashboards.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['insight']
const all = '/api/insight/dashboards'
const one = `${all}/:key`

/** The HTTP API of dashboards. They hold questions only, so whoever may ask may also keep their own. */
export function registerDashboardRoutes(http: Http, deps: { dashboards: Dashboards }): void {
  registerReads(http, deps)
  registerWrites(http, deps)
}

function registerReads(http: Http, { dashboards }: { dashboards: Dashboards }): void {
  const config = { permission: 'insight.read' } as const
  http.get(
    all,
    {
      config,
      schema: {
        ...{ operationId: 'listDashboards', tags },
        ...{ querystring: DashboardQuery, response: { 200: DashboardPage } },
      },
    },
    async (request) => dashboards.list(request.caller, request.query),
  )
  http.get(
    one,
    {
      config,
      schema: { operationId: 'getDashboard', tags, params: DashboardKey, response: { 200: Dashboard } },
    },
    async (request) => dashboards.get(request.caller, request.params.key),
  )
  http.get(
    `${one}/versions`,
    {
      config,
      schema: {
        ...{ operationId: 'listDashboardVersions', tags },
        ...{ params: DashboardKey, response: { 200: DashboardVersions } },
      },
    },
    async (request) => ({ items: await dashboards.versions(request.caller, request.params.key) }),
  )
}

function registerWrites(http: Http, { dashboards }: { dashboards: Dashboards }): void {
  const config = { permission: 'insight.read' } as const
  http.post(
    all,
    {
      config,
      schema: { operationId: 'createDashboard', tags, body: CreateDashboard, response: { 201: Dashboard } },
    },
    async (request, reply) => reply.status(201).send(await dashboards.create(request.caller, request.body)),
  )
  http.put(
    one,
    {
      config,
      schema: {
        ...{ operationId: 'changeDashboard', tags, params: DashboardKey },
        ...{ body: ChangeDashboard, response: { 200: Dashboard } },
      },
    },
    async (request) => dashboards.change(request.caller, request.params.key, request.body),
  )
  http.post(
    `${one}/copy`,
    {
      config,
      schema: {
        ...{ operationId: 'copyDashboard', tags, params: DashboardKey },
        ...{ body: CopyDashboard, response: { 201: Dashboard } },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await dashboards.copy(request.caller, request.params.key, request.body)),
  )
  http.delete(
    one,
    {
      config,
      schema: { operationId: 'deleteDashboard', tags, params: DashboardKey, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await dashboards.remove(request.caller, request.params.key)
      return reply.status(204).send(null)
    },
  )
}
