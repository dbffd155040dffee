import { z } from 'zod'
import {
  CreateSource,
  EventNames,
  EventProperties,
  IngestStatus,
  Source,
  Sources,
} from '#features/ingest/common/ingest.ts'
import type { Ingest } from '#features/ingest/server/ingest.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['ingest']

/** Registers what staff see of collecting: sources, event names, state. */
export function registerIngestRoutes(http: Http, { ingest }: { ingest: Ingest }): void {
  const { sources, reads } = ingest
  http.get(
    '/api/sources',
    {
      config: { permission: 'source.read' },
      schema: { operationId: 'listSources', tags, response: { 200: Sources } },
    },
    async () => {
      const [items, today] = await Promise.all([sources.list(), reads.countToday()])
      return { items: items.map((item) => ({ ...item, eventsToday: today.get(item.source) ?? 0 })) }
    },
  )
  http.post(
    '/api/sources',
    {
      config: { permission: 'source.write' },
      schema: { operationId: 'createSource', tags, body: CreateSource, response: { 201: Source } },
    },
    async (request, reply) =>
      reply.status(201).send(await sources.create(request.caller.username, request.body)),
  )
  http.get(
    '/api/event-names',
    {
      config: { permission: 'event.read' },
      schema: { operationId: 'listEventNames', tags, response: { 200: EventNames } },
    },
    async (request) => ({ items: await reads.eventNames(request.scope) }),
  )
  http.get(
    '/api/event-names/:name/properties',
    {
      config: { permission: 'event.read' },
      schema: {
        operationId: 'listEventProperties',
        tags,
        params: z.object({ name: z.string().min(1).max(200) }),
        response: { 200: EventProperties },
      },
    },
    async (request) => ({ items: await reads.eventProperties(request.scope, request.params.name) }),
  )
  http.get(
    '/api/ingest/status',
    {
      config: { permission: 'system.read' },
      schema: { operationId: 'getIngestStatus', tags, response: { 200: IngestStatus } },
    },
    async () => ingest.status(),
  )
  http.post(
    '/api/ingest/flush',
    {
      config: { permission: 'source.read' },
      schema: { operationId: 'flushIngest', tags, response: { 204: z.null() } },
    },
    async (_request, reply) => {
      await ingest.flush()
      return reply.status(204).send(null)
    },
  )
}
