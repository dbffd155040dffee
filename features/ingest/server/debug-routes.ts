import { DebugQuery, type DebugSession } from '#features/ingest/common/debug.ts'
import { debugKinds } from '#features/ingest/common/debug-filter.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { Ingest } from '#features/ingest/server/ingest.ts'
import type { Http } from '#platform/server/http.ts'

const lastIdOf = (header: string | string[] | undefined): number => {
  const id = Number(header)
  return Number.isSafeInteger(id) && id > 0 ? id : 0
}

/** Registers the live view: a stream of what one device, customer or source sends, for people of head office. */
export function registerDebugRoutes(http: Http, { ingest }: { ingest: Ingest }): void {
  const { hub, store, streams } = ingest.debug
  async function openSession(actor: string, query: DebugQuery): Promise<DebugSession> {
    const kind = debugKinds.find((name) => query[name] !== undefined) ?? 'device'
    const session = await store.open(actor, { kind, value: query[kind] ?? '' })
    await hub.refresh()
    return session
  }
  http.get(
    '/api/debug/stream',
    {
      config: { permission: 'debug.watch' },
      schema: { operationId: 'watchEvents', tags: ['ingest'], querystring: DebugQuery },
    },
    async (request, reply) => {
      if (!request.scope.everyone) throw ingestError('HEAD_OFFICE_ONLY', {})
      const leave = streams.reserve()
      const session = await openSession(request.caller.username, request.query).catch((error: unknown) => {
        leave()
        throw error
      })
      reply.hijack()
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      streams.follow(reply.raw, session, lastIdOf(request.headers['last-event-id']), leave)
    },
  )
}
