import {
  AllowSending,
  RefreshQuery,
  SegmentRefreshes,
  SendingAllowed,
  StreamedKey,
  StreamingStatus,
} from '#features/streaming/common/streaming.ts'
import type { Streaming } from '#features/streaming/server/streaming.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['streaming']

/** The HTTP API of streaming. */
export function registerStreamingRoutes(http: Http, { streaming }: { streaming: Streaming }): void {
  http.get(
    '/api/streaming/status',
    {
      config: { permission: 'segment.read' },
      schema: { operationId: 'getStreamingStatus', tags, response: { 200: StreamingStatus } },
    },
    async (request) => streaming.status(request.scope),
  )
  http.get(
    '/api/streaming/segments/:key/refreshes',
    {
      config: { permission: 'segment.read' },
      schema: {
        operationId: 'listSegmentRefreshes',
        tags,
        params: StreamedKey,
        querystring: RefreshQuery,
        response: { 200: SegmentRefreshes },
      },
    },
    async (request) => streaming.refreshes(request.scope, request.params.key, request.query),
  )
  http.post(
    '/api/streaming/segments/:key/sendable',
    {
      config: { permission: 'segment.write' },
      schema: {
        operationId: 'allowSending',
        tags,
        params: StreamedKey,
        body: AllowSending,
        response: { 200: SendingAllowed },
      },
    },
    async (request) =>
      streaming.allowSending(request.caller, request.scope, request.params.key, request.body),
  )
}
