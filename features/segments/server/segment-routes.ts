import { z } from 'zod'
import {
  ChangeSegment,
  CreateSegment,
  Estimate,
  EstimateRequest,
  Segment,
  SegmentKey,
  SegmentMembers,
  SegmentPage,
  SegmentQuery,
  SegmentUses,
  SegmentVersions,
  Why,
  WhyParams,
} from '#features/segments/common/segment.ts'
import { registerAnalysisRoutes } from '#features/segments/server/analysis-routes.ts'
import type { Segments } from '#features/segments/server/segments.ts'
import { JobAccepted, PageQuery } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { segments: Segments }

const tags = ['segments']
const one = '/api/segments/:key'

/** The HTTP API of segments. */
export function registerSegmentRoutes(http: Http, deps: Deps): void {
  registerReads(http, deps)
  registerAnalysisRoutes(http, deps)
  registerPeople(http, deps)
  registerMore(http, deps)
  registerWrites(http, deps)
}

function registerReads(http: Http, { segments }: Deps): void {
  http.post(
    '/api/segments/estimate',
    {
      config: { permission: 'segment.read', isRead: true },
      schema: { operationId: 'estimateSegment', tags, body: EstimateRequest, response: { 200: Estimate } },
    },
    async (request) => segments.estimate(request.scope, request.body.rule, request.body.branches),
  )
  http.get(
    '/api/segments',
    {
      config: { permission: 'segment.read' },
      schema: {
        operationId: 'listSegments',
        tags,
        querystring: SegmentQuery,
        response: { 200: SegmentPage },
      },
    },
    async (request) => segments.list(request.scope, request.query),
  )
  http.get(
    one,
    {
      config: { permission: 'segment.read' },
      schema: { operationId: 'getSegment', tags, params: SegmentKey, response: { 200: Segment } },
    },
    async (request) => segments.get(request.scope, request.params.key),
  )
}

function registerPeople(http: Http, { segments }: Deps): void {
  http.get(
    `${one}/members`,
    {
      config: { permission: 'segment.read' },
      schema: {
        operationId: 'listSegmentMembers',
        tags,
        params: SegmentKey,
        querystring: PageQuery,
        response: { 200: SegmentMembers },
      },
    },
    async (request) => segments.members(request.scope, request.params.key, request.query),
  )
  http.get(
    `${one}/why/:customerNo`,
    {
      config: { permission: 'segment.read' },
      schema: { operationId: 'explainSegment', tags, params: WhyParams, response: { 200: Why } },
    },
    async (request) =>
      segments.why(request.caller, request.scope, request.params.key, request.params.customerNo),
  )
}

function registerMore(http: Http, { segments }: Deps): void {
  http.get(
    `${one}/versions`,
    {
      config: { permission: 'segment.read' },
      schema: {
        operationId: 'listSegmentVersions',
        tags,
        params: SegmentKey,
        response: { 200: SegmentVersions },
      },
    },
    async (request) => ({ items: await segments.versions(request.params.key) }),
  )
  http.get(
    `${one}/uses`,
    {
      config: { permission: 'segment.read' },
      schema: { operationId: 'listSegmentUses', tags, params: SegmentKey, response: { 200: SegmentUses } },
    },
    async (request) => {
      await segments.get(request.scope, request.params.key)
      return { items: await segments.uses(request.params.key) }
    },
  )
}

function registerWrites(http: Http, { segments }: Deps): void {
  http.post(
    '/api/segments',
    {
      config: { permission: 'segment.write' },
      schema: { operationId: 'createSegment', tags, body: CreateSegment, response: { 201: Segment } },
    },
    async (request, reply) =>
      reply.status(201).send(await segments.create(request.caller, request.scope, request.body)),
  )
  http.put(
    one,
    {
      config: { permission: 'segment.write' },
      schema: {
        operationId: 'changeSegment',
        tags,
        params: SegmentKey,
        body: ChangeSegment,
        response: { 200: Segment },
      },
    },
    async (request) => segments.change(request.caller, request.scope, request.params.key, request.body),
  )
  http.delete(
    one,
    {
      config: { permission: 'segment.write' },
      schema: { operationId: 'deleteSegment', tags, params: SegmentKey, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await segments.remove(request.caller, request.scope, request.params.key)
      return reply.status(204).send(null)
    },
  )
  http.post(
    `${one}/refresh`,
    {
      config: { permission: 'segment.write' },
      schema: { operationId: 'refreshSegment', tags, params: SegmentKey, response: { 202: JobAccepted } },
    },
    async (request, reply) =>
      reply.status(202).send({ jobId: await segments.enqueueRefresh(request.caller, request.params.key) }),
  )
}
