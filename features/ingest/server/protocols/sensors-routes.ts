import type { FastifyRequest } from 'fastify'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { normaliseSegment } from '#features/ingest/server/normalise-segment.ts'
import {
  type Answer,
  type Call,
  type Door,
  json,
  pathKey,
  pixelAnswer,
  queryText,
} from '#features/ingest/server/protocols/door.ts'
import { normaliseSensors } from '#features/ingest/server/protocols/sensors.ts'
import {
  type SensorsFields,
  sensorsBody,
  sensorsEvents,
} from '#features/ingest/server/protocols/sensors-body.ts'
import { isObject } from '#features/ingest/server/protocols/wire-message.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import { AppError } from '#platform/common/errors.ts'

/** Clients are given one address and nothing else: the key stands in it. */
const keyOf = (request: FastifyRequest): string | undefined =>
  pathKey(request) ?? queryText(request, 'token', 'key', 'project')

/**
 * The mobile clients delete their events on every status but 403, 404 and 5xx. A wrong key is somebody's mistake that
 * can be mended, and a limit passes: neither may cost events. What can never be read is better gone than sent forever.
 */
function forSensors(error: AppError): AppError {
  const kinds: Partial<Record<AppError['errorKind'], AppError['errorKind']>> = {
    unauthenticated: 'forbidden',
    limited: 'unavailable',
  }
  const kind = kinds[error.errorKind]
  return kind ? new AppError(error.code, kind, error.message, error.details, error.errors) : error
}

const dataMissing = () =>
  ingestError('FIELD_MISSING', { detail: 'data: neither data nor data_list was sent' }, [
    { path: 'body', code: 'FIELD_MISSING', message: 'neither data nor data_list was sent' },
  ])

/** What is wrong with events that are only looked at. Their time is no matter of a try. */
function problemsOf(
  events: readonly unknown[],
  key: WriteKey,
): { index: number; code: string; detail: string }[] {
  return events.flatMap((event, index) =>
    normaliseSensors(event, { kind: key.kind }).flatMap((message) => {
      const timeless = isObject(message) ? { ...message, timestamp: undefined } : message
      const { problem } = normaliseSegment(timeless, { nowMs: 0, timeZone: 'UTC' })
      return problem ? [{ index, code: problem.code, detail: `${problem.path}: ${problem.detail}` }] : []
    }),
  )
}

function refuseDebug(problems: readonly { index: number; code: string; detail: string }[]): void {
  const [first] = problems
  if (!first) return
  throw ingestError(
    'FIELD_INVALID',
    { detail: `event ${first.index}: ${first.detail}` },
    problems.slice(0, 50).map(({ index, code, detail }) => ({ path: String(index), code, message: detail })),
  )
}

/** Registers `/sa` and its like, for everything from the image of a page to the batches of a server. */
export function registerSensorsRoutes(door: Door): void {
  const store = (key: WriteKey, events: readonly unknown[]) =>
    door.take(key, events, (event) => normaliseSensors(event, { kind: key.kind }), { protocol: 'sensors' })

  async function fromBody(call: Call): Promise<{ key: WriteKey; events: unknown[] }> {
    const read = await sensorsBody(await call.bytes())
    const key = await call.key(read.fields.token ?? read.fields.project)
    const events = 'events' in read ? read.events : await sensorsEvents(read.fields)
    if (!events) throw dataMissing()
    return { key, events }
  }

  async function picture(call: Call): Promise<Answer> {
    const names = ['data', 'data_list', 'gzip', 'crc', 'ext']
    const fields: SensorsFields = Object.fromEntries(
      names.map((name) => [name, queryText(call.request, name)]),
    )
    if (fields.data === undefined && fields.data_list === undefined) return pixelAnswer
    const key = await call.key()
    await store(key, (await sensorsEvents(fields)) ?? [])
    return pixelAnswer
  }

  async function debug(call: Call): Promise<Answer> {
    const { key, events } = await fromBody(call)
    if (call.request.headers['dry-run'] === 'true') {
      refuseDebug(problemsOf(events, key))
      return json({ accepted: 0, rejected: [], checked: events.length })
    }
    const answer = await store(key, events)
    refuseDebug(answer.rejected)
    return json(answer)
  }

  // Without data it is a health check, which needs no key.
  const keyOfPicture = (request: FastifyRequest) =>
    queryText(request, 'data', 'data_list') === undefined ? undefined : keyOf(request)
  const urls = ['/sa', '/sa.gif', '/sa/:writeKey', '/sa.gif/:writeKey']
  const common = { keyOf, refuse: forSensors }
  door.route({ ...common, method: 'GET', urls, keyOf: keyOfPicture, handle: picture })
  door.route({
    ...common,
    ...{ method: 'POST', urls },
    async handle(call) {
      const { key, events } = await fromBody(call)
      return json(await store(key, events))
    },
  })
  door.route({ ...common, method: 'POST', urls: ['/debug', '/debug/:writeKey'], handle: debug })
}
