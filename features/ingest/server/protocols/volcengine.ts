import {
  firstId,
  idOf,
  idOfContent,
  isObject,
  type JsonObject,
  liftToken,
  objectOf,
  type WireMessage,
} from '#features/ingest/server/protocols/wire-message.ts'

const standardNames: ReadonlyMap<string, string> = new Map([
  ['predefine_pageview', 'page_viewed'],
  ['app_launch', 'app_opened'],
])

const operations: ReadonlyMap<unknown, WireMessage['operation']> = new Map([
  ['__profile_set', 'set'],
  ['__profile_set_once', 'setOnce'],
  ['__profile_increment', 'increment'],
  ['__profile_append', 'append'],
  ['__profile_unset', 'unset'],
])

/** What the client says once for all events of a request. */
const presets = [
  ...['app_id', 'app_version', 'app_channel', 'platform', 'os_name', 'os_version', 'device_model'],
  ...['browser', 'browser_version', 'language', 'resolution', 'sdk_lib', 'sdk_version'],
]

const identityKind = /^[a-z][a-z0-9_]{0,49}$/

/** Objects come as JSON text or as they are; what can't be read stays what it was, for the collector to refuse. */
function objectOrText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

type Envelope = {
  who: Pick<WireMessage, 'userId' | 'anonymousId' | 'identities'>
  device: string | undefined
  presets: JsonObject
  sentAt: number | undefined
}

/** A user_unique_id is the customer, unless it is the device's own id or the client names it as another kind. */
function whoOf(user: JsonObject): Envelope['who'] {
  const anonymousId = firstId(user.web_id, user.device_id, user.anonymous_id, user.ssid)
  const unique = idOf(user.user_unique_id)
  const isDevice =
    unique !== undefined && [user.web_id, user.device_id, user.anonymous_id].map(idOf).includes(unique)
  const kind = idOf(user.user_unique_id_type)
  if (unique !== undefined && !isDevice && kind && identityKind.test(kind) && kind !== 'uid')
    return { userId: undefined, anonymousId, identities: { [kind]: unique } }
  return { userId: isDevice ? undefined : unique, anonymousId }
}

function envelopeOf(payload: JsonObject): Envelope {
  const user = objectOf(payload.user)
  const header = objectOf(payload.header)
  const custom = objectOf(objectOrText(header.custom))
  const said = Object.fromEntries(presets.flatMap((key) => (header[key] ? [[key, header[key]]] : [])))
  const { localWebId: _, ...own } = custom
  return {
    who: whoOf(user),
    device: firstId(user.web_id, user.device_id, user.anonymous_id, user.user_unique_id),
    presets: { ...said, ...own },
    sentAt: typeof payload.local_time === 'number' ? payload.local_time * 1000 : undefined,
  }
}

function bodyOf(event: JsonObject, params: unknown, envelope: Envelope): Partial<WireMessage> {
  const operation = operations.get(event.event)
  if (!isObject(params)) return { type: 'track', event: event.event, properties: params }
  if (operation) return { type: 'profile', operation, traits: params }
  const name = typeof event.event === 'string' ? (standardNames.get(event.event) ?? event.event) : event.event
  const page = firstId(params.url_path, params.url)
  return {
    type: 'track',
    event: name,
    properties: {
      ...envelope.presets,
      ...params,
      ...(idOf(event.session_id) !== undefined && { session_id: event.session_id }),
      ...(name === 'page_viewed' && page !== undefined && params.page === undefined && { page }),
    },
  }
}

function normaliseEvent(event: unknown, envelope: Envelope): unknown {
  if (!isObject(event)) return event
  const params = objectOrText(event.params ?? {})
  const lifted = isObject(params) ? liftToken({ ...params }) : { properties: params }
  const fromHeader = liftToken(envelope.presets)
  const context = ('context' in lifted ? lifted.context : undefined) ?? fromHeader.context
  const time = firstId(event.local_time_ms)
  return {
    ...envelope.who,
    ...bodyOf(event, lifted.properties, { ...envelope, presets: fromHeader.properties }),
    // The client keeps what failed under another envelope time, never another device.
    messageId: time === undefined ? undefined : idOfContent('vo', [envelope.device, event]),
    timestamp: event.local_time_ms ?? event.datetime,
    sentAt: envelope.sentAt,
    ...(context && { context }),
  } satisfies WireMessage
}

/** One Volcengine payload (user, header, events) as wire messages. */
export function normaliseVolcengine(payload: unknown): readonly unknown[] {
  if (!isObject(payload)) return [payload]
  if (!Array.isArray(payload.events)) return [{ type: undefined }]
  const envelope = envelopeOf(payload)
  return payload.events.map((event) => normaliseEvent(event, envelope))
}
