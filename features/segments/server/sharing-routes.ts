import { Readable } from 'node:stream'
import { SegmentKey } from '#features/segments/common/segment.ts'
import {
  CreateExport,
  ExportId,
  ExportPage,
  ExportQuery,
  SegmentExport,
} from '#features/segments/common/segment-export.ts'
import { SegmentSettings } from '#features/segments/common/segment-setting.ts'
import {
  Changes,
  ChangesQuery,
  CreateSubscription,
  Subscription,
  SubscriptionStep,
  Subscriptions,
} from '#features/segments/common/segment-subscription.ts'
import type { SegmentSharing } from '#features/segments/server/sharing.ts'
import { registerSnapshotRoutes } from '#features/segments/server/snapshot-routes.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { sharing: SegmentSharing }
const tags = ['segments']
const one = '/api/segments/:key'

/** The HTTP API of what segments give away. */
export function registerSegmentSharingRoutes(http: Http, deps: Deps): void {
  registerSnapshotRoutes(http, deps)
  registerExports(http, deps)
  registerSubscriptions(http, deps)
  registerSettings(http, deps)
}

function registerExports(http: Http, { sharing: { exports } }: Deps): void {
  http.post(
    `${one}/exports`,
    {
      config: { permission: 'segment.export' },
      schema: {
        operationId: 'exportSegment',
        tags,
        params: SegmentKey,
        body: CreateExport,
        response: { 201: SegmentExport },
      },
    },
    async (request, reply) =>
      reply
        .status(201)
        .send(await exports.create(request.caller, request.scope, request.params.key, request.body)),
  )
  http.get(
    `${one}/exports`,
    {
      config: { permission: 'segment.export' },
      schema: {
        operationId: 'listSegmentExports',
        tags,
        params: SegmentKey,
        querystring: ExportQuery,
        response: { 200: ExportPage },
      },
    },
    async (request) => exports.list(request.caller, request.scope, request.params.key, request.query),
  )
  http.get(
    '/api/segment-exports/:id',
    {
      config: { permission: 'segment.export' },
      schema: { operationId: 'getSegmentExport', tags, params: ExportId, response: { 200: SegmentExport } },
    },
    async (request) => exports.get(request.caller, request.scope, request.params.id),
  )
  http.get(
    '/api/segment-exports/:id/file',
    {
      config: { permission: 'segment.export' },
      schema: { operationId: 'fetchSegmentExport', tags, params: ExportId },
    },
    async (request, reply) => {
      const { name, parts } = await exports.file(request.caller, request.params.id)
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('cache-control', 'no-store')
        .send(Readable.from(parts))
    },
  )
}

function registerSubscriptions(http: Http, { sharing: { subscriptions } }: Deps): void {
  http.post(
    `${one}/subscriptions`,
    {
      config: { permission: 'segment.export' },
      schema: {
        operationId: 'subscribeSegment',
        tags,
        params: SegmentKey,
        body: CreateSubscription,
        response: { 201: Subscription },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await subscriptions.create(request.caller, request.params.key, request.body)),
  )
  http.get(
    `${one}/subscriptions`,
    {
      config: { permission: 'segment.export' },
      schema: {
        operationId: 'listSegmentSubscriptions',
        tags,
        params: SegmentKey,
        response: { 200: Subscriptions },
      },
    },
    async (request) => ({ items: await subscriptions.list(request.scope, request.params.key) }),
  )
  http.post(
    '/api/segment-subscriptions/:id/:step',
    {
      config: { permission: 'segment.export' },
      schema: {
        operationId: 'stepSegmentSubscription',
        tags,
        params: SubscriptionStep,
        response: { 200: Subscription },
      },
    },
    async (request) =>
      subscriptions.step(request.caller, request.scope, request.params.id, request.params.step),
  )
  http.get(
    `${one}/changes`,
    {
      config: { permission: 'segment.export' },
      schema: {
        operationId: 'listSegmentChanges',
        tags,
        params: SegmentKey,
        querystring: ChangesQuery,
        response: { 200: Changes },
      },
    },
    async (request) => subscriptions.changes(request.scope, request.params.key, request.query),
  )
}

function registerSettings(http: Http, { sharing: { settings } }: Deps): void {
  http.get(
    '/api/segment-settings',
    {
      config: { permission: 'self' },
      schema: { operationId: 'getSegmentSettings', tags, response: { 200: SegmentSettings } },
    },
    async () => settings.read(),
  )
  http.put(
    '/api/segment-settings',
    {
      config: { permission: 'system.write' },
      schema: {
        operationId: 'changeSegmentSettings',
        tags,
        body: SegmentSettings,
        response: { 200: SegmentSettings },
      },
    },
    async (request) => settings.change(request.caller, request.body),
  )
}
