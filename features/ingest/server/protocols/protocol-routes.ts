import type { FastifyRequest } from 'fastify'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { eventOfHeaders, normaliseCloudEvent } from '#features/ingest/server/protocols/cloudevents.ts'
import {
  type Answer,
  type Call,
  type Door,
  json,
  pathKey,
  pixelAnswer,
  queryText,
} from '#features/ingest/server/protocols/door.ts'
import { registerPostHogRoutes } from '#features/ingest/server/protocols/posthog-routes.ts'
import { segmentSettings } from '#features/ingest/server/protocols/segment.ts'
import { registerSensorsRoutes } from '#features/ingest/server/protocols/sensors-routes.ts'
import { normaliseSnowplow } from '#features/ingest/server/protocols/snowplow.ts'
import { registerVolcengineRoutes } from '#features/ingest/server/protocols/volcengine-routes.ts'
import { isObject, type JsonObject, objectOf } from '#features/ingest/server/protocols/wire-message.ts'
import { objectBody, readJson } from '#features/ingest/server/read-body.ts'

/** `Authorization: Bearer`, as eventing platforms send it, or the query. */
const bearerOrQuery = (request: FastifyRequest): string | undefined =>
  /^bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1] ??
  queryText(request, 'key', 'writeKey')

async function cloudEventsOf({ request, bytes }: Call): Promise<readonly unknown[]> {
  const type = (request.headers['content-type'] ?? '').toLowerCase()
  const body = await bytes()
  if (type.startsWith('application/cloudevents-batch')) {
    const parsed = readJson(body)
    if (Array.isArray(parsed)) return parsed
    throw ingestError('FIELD_TYPE', { detail: 'body: a batch must be a JSON array of events' }, [
      { path: 'body', code: 'FIELD_TYPE', message: 'must be a JSON array' },
    ])
  }
  if (type.startsWith('application/cloudevents')) return [objectBody(readJson(body))]
  const data = body.length === 0 ? undefined : readJson(body)
  const event = eventOfHeaders(request.headers, data)
  if (event) return [event]
  if (Array.isArray(data)) return data
  if (isObject(data)) return [data]
  throw ingestError('FIELD_MISSING', { detail: 'ce-type: neither headers nor body hold a CloudEvent' })
}

function registerCloudEvents(door: Door): void {
  door.route({
    method: 'POST',
    urls: ['/v1/cloudevents'],
    keyOf: bearerOrQuery,
    async handle(call) {
      const key = await call.key()
      const events = await cloudEventsOf(call)
      const answer = await door.take(key, events, (event) => [normaliseCloudEvent(event)], {
        protocol: 'cloudevents',
      })
      return json(answer)
    },
  })
}

async function takeSnowplow(
  door: Door,
  call: Call,
  events: readonly unknown[],
  done: Answer,
): Promise<Answer> {
  const key = await call.key(objectOf(events[0]).aid)
  await door.take(key, events, (event) => [normaliseSnowplow(event)], { protocol: 'snowplow' })
  return done
}

function registerSnowplow(door: Door): void {
  door.route({
    method: 'POST',
    urls: ['/com.snowplowanalytics.snowplow/tp2'],
    keyOf: (request) => queryText(request, 'key'),
    async handle(call) {
      const { data } = objectBody(readJson(await call.bytes()))
      if (!Array.isArray(data))
        throw ingestError('FIELD_TYPE', { detail: 'data: must be an array of events' })
      return takeSnowplow(door, call, data, { body: 'ok', type: 'text/plain; charset=utf-8' })
    },
  })
  door.route({
    method: 'GET',
    urls: ['/i'],
    keyOf: (request) => queryText(request, 'aid'),
    async handle(call) {
      const event: JsonObject = Object.fromEntries(
        Object.entries(call.request.query as JsonObject).map(([name, value]) => [
          name,
          Array.isArray(value) ? value[0] : value,
        ]),
      )
      if (event.e === undefined) return pixelAnswer
      return takeSnowplow(door, call, [event], pixelAnswer)
    },
  })
}

/** What Segment's browser client asks for first. */
function registerSegmentSettings(door: Door): void {
  door.route({
    method: 'GET',
    urls: ['/v1/projects/:writeKey/settings'],
    keyOf: pathKey,
    async handle({ request, key }) {
      const { key: writeKey } = await key()
      return json(segmentSettings(writeKey, { host: request.host, protocol: request.protocol }))
    },
  })
}

/** Registers the ways in of all protocols but our own. */
export function registerProtocolRoutes(door: Door): void {
  registerSensorsRoutes(door)
  registerVolcengineRoutes(door)
  registerSegmentSettings(door)
  registerCloudEvents(door)
  registerPostHogRoutes(door)
  registerSnowplow(door)
}
