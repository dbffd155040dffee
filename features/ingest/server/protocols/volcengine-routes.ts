import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { type Call, type Door, json, pathKey, queryText } from '#features/ingest/server/protocols/door.ts'
import { normaliseVolcengine } from '#features/ingest/server/protocols/volcengine.ts'
import { firstId, isObject, objectOf } from '#features/ingest/server/protocols/wire-message.ts'
import { readJson } from '#features/ingest/server/read-body.ts'

const keyOf = (request: FastifyRequest): string | undefined => {
  const header = request.headers['x-mcs-appkey']
  return pathKey(request) ?? (typeof header === 'string' ? header : queryText(request, 'app_key', 'key'))
}

/** An id for a device that has none yet: 19 digits, as the client expects it. */
const newDeviceId = (): string => String(randomBytes(8).readBigUInt64BE() >> 1n).padStart(19, '1')

async function payloadsOf(call: Call): Promise<unknown[]> {
  if (queryText(call.request, 'encryption') !== undefined)
    throw ingestError('BODY_ENCRYPTED', {
      detail: 'Encrypted events cannot be read; switch enable_encryption off.',
    })
  const parsed = readJson(await call.bytes())
  return Array.isArray(parsed) ? parsed : [parsed]
}

/** Events of one envelope are items of their own, so that each is answered for itself. */
const eventsOf = (payload: unknown): unknown[] => {
  if (!isObject(payload) || !Array.isArray(payload.events)) return [payload]
  return payload.events.map((event) => ({ ...payload, events: [event] }))
}

/** Registers the addresses a client asks under its `channel_domain`, with or without the key in it. */
export function registerVolcengineRoutes(door: Door): void {
  const under = (...paths: readonly string[]) => paths.flatMap((path) => [path, `/volc/:writeKey${path}`])
  const route = (urls: readonly string[], handle: (call: Call) => Promise<object>) =>
    door.route({ method: 'POST', urls, keyOf, handle: async (call) => json(await handle(call)) })

  route(
    under('/list', '/v1/list', '/profile/list', '/service/2/app_log/', '/v2/event/list', '/v2/event/json'),
    async (call) => {
      const payloads = await payloadsOf(call)
      const header = objectOf(objectOf(payloads[0]).header)
      const key = await call.key(firstId(header.app_key, header.app_id))
      const items = payloads.flatMap(eventsOf)
      const { accepted, rejected } = await door.take(key, items, normaliseVolcengine, {
        protocol: 'volcengine',
      })
      // `e` is what the client looks at: anything but 0 makes it keep the events, and broken ones would come forever.
      return { e: 0, sc: accepted, tc: items.length, magic_tag: 'ss_app_log', message: 'success', rejected }
    },
  )
  route(under('/webid', '/v1/user/webid'), async () => ({ e: 0, web_id: newDeviceId() }))
  route(under('/tobid'), async () => ({ e: 0, tobid: '' }))
}
