import { z } from 'zod'
import {
  ChangeFlow,
  CreateFlow,
  Flow,
  FlowKey,
  FlowPage,
  StoppedSegment,
} from '#features/breakpoints/common/flow.ts'
import type { Flows } from '#features/breakpoints/server/flows.ts'
import { Segment } from '#features/segments/common/segment.ts'
import { PageQuery } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['breakpoints']
const one = '/api/flows/:key'
const read = { permission: 'insight.read' } as const
const write = { permission: 'metric.write' } as const

/** Flows; where customers stop in them is an analysis of insight. */
export function registerFlowRoutes(http: Http, { flows }: { flows: Flows }): void {
  http.get(
    '/api/flows',
    {
      config: read,
      schema: { operationId: 'listFlows', tags, querystring: PageQuery, response: { 200: FlowPage } },
    },
    async (request) => flows.list(request.query),
  )
  http.get(
    one,
    { config: read, schema: { operationId: 'getFlow', tags, params: FlowKey, response: { 200: Flow } } },
    async (request) => flows.get(request.params.key),
  )
  http.post(
    '/api/flows',
    { config: write, schema: { operationId: 'createFlow', tags, body: CreateFlow, response: { 201: Flow } } },
    async (request, reply) => reply.status(201).send(await flows.create(request.caller, request.body)),
  )
  http.put(
    one,
    {
      config: write,
      schema: { operationId: 'changeFlow', tags, params: FlowKey, body: ChangeFlow, response: { 200: Flow } },
    },
    async (request) => flows.change(request.caller, request.scope, request.params.key, request.body),
  )
  http.delete(
    one,
    {
      config: write,
      schema: { operationId: 'deleteFlow', tags, params: FlowKey, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await flows.remove(request.caller, request.scope, request.params.key)
      return reply.status(204).send(null)
    },
  )
  http.post(
    `${one}/segment`,
    {
      config: { permission: 'segment.write' },
      schema: {
        operationId: 'createStoppedSegment',
        tags,
        params: FlowKey,
        body: StoppedSegment,
        response: { 201: Segment },
      },
    },
    async (request, reply) =>
      reply
        .status(201)
        .send(await flows.stoppedSegment(request.caller, request.scope, request.params.key, request.body)),
  )
}
