import { z } from 'zod'
import { SegmentKey } from '#features/segments/common/segment.ts'
import {
  ChangeSnapshot,
  CreateSnapshot,
  Difference,
  DifferenceQuery,
  ListMade,
  Snapshot,
  SnapshotAccepted,
  SnapshotId,
  SnapshotList,
  Snapshots,
  Trend,
} from '#features/segments/common/segment-snapshot.ts'
import type { SegmentSharing } from '#features/segments/server/sharing.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { sharing: SegmentSharing }
const tags = ['segments']
const one = '/api/segment-snapshots/:id'

/** Frozen memberships. */
export function registerSnapshotRoutes(http: Http, deps: Deps): void {
  registerOfSegment(http, deps)
  registerOne(http, deps)
  registerWrites(http, deps)
}

function registerOfSegment(http: Http, { sharing: { snapshots } }: Deps): void {
  http.post(
    '/api/segments/:key/snapshots',
    {
      config: { permission: 'segment.write' },
      schema: {
        operationId: 'snapshotSegment',
        tags,
        params: SegmentKey,
        body: CreateSnapshot,
        response: { 202: SnapshotAccepted },
      },
    },
    async (request, reply) =>
      reply.status(202).send(await snapshots.create(request.caller, request.params.key, request.body)),
  )
  http.get(
    '/api/segments/:key/snapshots',
    {
      config: { permission: 'segment.read' },
      schema: { operationId: 'listSegmentSnapshots', tags, params: SegmentKey, response: { 200: Snapshots } },
    },
    async (request) => ({ items: await snapshots.list(request.scope, request.params.key) }),
  )
  http.get(
    '/api/segments/:key/trend',
    {
      config: { permission: 'segment.read' },
      schema: { operationId: 'getSegmentTrend', tags, params: SegmentKey, response: { 200: Trend } },
    },
    async (request) => snapshots.trend(request.scope, request.params.key),
  )
}

function registerOne(http: Http, { sharing: { snapshots, saveAsList } }: Deps): void {
  http.get(
    `${one}/difference`,
    {
      config: { permission: 'segment.read' },
      schema: {
        operationId: 'compareSnapshots',
        tags,
        params: SnapshotId,
        querystring: DifferenceQuery,
        response: { 200: Difference },
      },
    },
    async (request) => snapshots.difference(request.scope, request.params.id, request.query),
  )
  http.post(
    `${one}/list`,
    {
      config: { permission: 'segment.write' },
      schema: {
        operationId: 'saveSnapshotAsList',
        tags,
        params: SnapshotId,
        body: SnapshotList,
        response: { 201: ListMade },
      },
    },
    async (request, reply) =>
      reply
        .status(201)
        .send(await saveAsList(request.caller, request.scope, request.params.id, request.body)),
  )
}

function registerWrites(http: Http, { sharing: { snapshots } }: Deps): void {
  http.put(
    one,
    {
      config: { permission: 'segment.write' },
      schema: {
        operationId: 'changeSnapshot',
        tags,
        params: SnapshotId,
        body: ChangeSnapshot,
        response: { 200: Snapshot },
      },
    },
    async (request) => snapshots.change(request.caller, request.scope, request.params.id, request.body),
  )
  http.delete(
    one,
    {
      config: { permission: 'segment.write' },
      schema: { operationId: 'deleteSnapshot', tags, params: SnapshotId, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await snapshots.remove(request.caller, request.scope, request.params.id)
      return reply.status(204).send(null)
    },
  )
}
