import { TagKey } from '#features/tags/common/tag.ts'
import {
  AcknowledgeAlert,
  RunAccepted,
  StartRun,
  TagAlert,
  TagAlertKey,
  TagAlertPage,
  TagAlertQuery,
  TagHistory,
  TagRun,
  TagRunDetail,
  TagRunKey,
  TagRunPage,
  TagRunQuery,
} from '#features/tags/common/tag-run.ts'
import type { Tags } from '#features/tags/server/tags.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { tags: Tags }
const group = ['tags']
const read = { permission: 'tag.read' } as const
const write = { permission: 'tag.write' } as const

/** The HTTP API of runs and alerts of tags. */
export function registerTagRunRoutes(http: Http, deps: Deps): void {
  registerRuns(http, deps)
  registerRunReads(http, deps)
  registerAlerts(http, deps)
}

function registerRuns(http: Http, { tags }: Deps): void {
  http.post(
    '/api/tag-runs',
    {
      config: write,
      schema: { operationId: 'startTagRun', tags: group, body: StartRun, response: { 202: RunAccepted } },
    },
    async (request, reply) =>
      reply.status(202).send(await tags.engine.runs.start(request.caller, request.body)),
  )
  http.post(
    '/api/tag-runs/:runId/cancel',
    {
      config: write,
      schema: { operationId: 'cancelTagRun', tags: group, params: TagRunKey, response: { 200: TagRun } },
    },
    async (request) => tags.engine.runs.cancel(request.caller, request.params.runId),
  )
}

function registerRunReads(http: Http, { tags }: Deps): void {
  http.get(
    '/api/tag-runs',
    {
      config: read,
      schema: {
        operationId: 'listTagRuns',
        tags: group,
        querystring: TagRunQuery,
        response: { 200: TagRunPage },
      },
    },
    async (request) => tags.engine.runs.list(request.query),
  )
  http.get(
    '/api/tag-runs/:runId',
    {
      config: read,
      schema: { operationId: 'getTagRun', tags: group, params: TagRunKey, response: { 200: TagRunDetail } },
    },
    async (request) => tags.engine.runs.get(request.params.runId),
  )
  http.get(
    '/api/tags/:key/history',
    {
      config: read,
      schema: { operationId: 'getTagHistory', tags: group, params: TagKey, response: { 200: TagHistory } },
    },
    async (request) => {
      const tag = await tags.get(request.params.key)
      const history = await tags.engine.history(tag.key)
      if (tag.class === 'C1' || request.caller.permissions.has('balance.read')) return history
      return { ...history, items: history.items.map((item) => ({ ...item, distribution: null })) }
    },
  )
}

function registerAlerts(http: Http, { tags }: Deps): void {
  http.get(
    '/api/tag-alerts',
    {
      config: read,
      schema: {
        operationId: 'listTagAlerts',
        tags: group,
        querystring: TagAlertQuery,
        response: { 200: TagAlertPage },
      },
    },
    async (request) => tags.engine.alerts.list(request.query),
  )
  http.post(
    '/api/tag-alerts/:alertId/acknowledge',
    {
      config: write,
      schema: {
        operationId: 'acknowledgeTagAlert',
        tags: group,
        params: TagAlertKey,
        body: AcknowledgeAlert,
        response: { 200: TagAlert },
      },
    },
    async (request) =>
      tags.engine.alerts.acknowledge(request.caller, request.params.alertId, request.body.reason),
  )
}
