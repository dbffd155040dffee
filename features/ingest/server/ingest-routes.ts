import { z } from 'zod'
import {
  EventNames,
  EventProperties,
  IngestProcesses,
  IngestRates,
  IngestStatus,
  RatesQuery,
} from '#features/ingest/common/ingest.ts'
import { registerDebugRoutes } from '#features/ingest/server/debug-routes.ts'
import type { Ingest } from '#features/ingest/server/ingest.ts'
import { registerSourceRoutes } from '#features/ingest/server/source-routes.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['ingest']

/** Registers what staff see of collecting: sources, event names, state, rates, what arrives now. */
export function registerIngestRoutes(http: Http, deps: { ingest: Ingest }): void {
  registerSourceRoutes(http, deps)
  registerEventRoutes(http, deps)
  registerStatusRoutes(http, deps)
  registerDebugRoutes(http, deps)
}

function registerEventRoutes(http: Http, { ingest: { reads } }: { ingest: Ingest }): void {
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
}

function registerStatusRoutes(http: Http, { ingest }: { ingest: Ingest }): void {
  http.get(
    '/api/ingest/status',
    {
      config: { permission: 'system.read' },
      schema: { operationId: 'getIngestStatus', tags, response: { 200: IngestStatus } },
    },
    async () => ingest.status(),
  )
  http.get(
    '/api/ingest/processes',
    {
      config: { permission: 'system.read' },
      schema: { operationId: 'listIngestProcesses', tags, response: { 200: IngestProcesses } },
    },
    async () => ({ items: await ingest.presence.list() }),
  )
  http.get(
    '/api/ingest/rates',
    {
      config: { permission: 'source.read' },
      schema: {
        operationId: 'getIngestRates',
        tags,
        querystring: RatesQuery,
        response: { 200: IngestRates },
      },
    },
    async (request) => ingest.rates.series(request.query.minutes, request.query.source),
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
