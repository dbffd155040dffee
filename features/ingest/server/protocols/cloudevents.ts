import {
  firstId,
  idOf,
  idOfContent,
  isObject,
  type JsonObject,
  objectOf,
  type WireMessage,
} from '#features/ingest/server/protocols/wire-message.ts'

const ownFields = new Set([
  ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'data', 'data_base64'],
  ...['datacontenttype', 'dataschema', 'anonymousid', 'customertoken'],
])

/** Types of ours, by which a CloudEvent changes attributes or binds a device. */
const operations: ReadonlyMap<unknown, WireMessage['operation']> = new Map([
  ['zhike.profile.set', 'set'],
  ['zhike.profile.set_once', 'setOnce'],
  ['zhike.profile.increment', 'increment'],
  ['zhike.profile.append', 'append'],
  ['zhike.profile.unset', 'unset'],
])

/** Bytes that hold JSON are read as such; others aren't kept. */
function dataOf(event: JsonObject): unknown {
  if (event.data !== undefined) return event.data
  if (typeof event.data_base64 !== 'string') return undefined
  try {
    return JSON.parse(Buffer.from(event.data_base64, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

function propertiesOf(event: JsonObject): JsonObject {
  const data = dataOf(event)
  const extensions = Object.entries(event).filter(([key]) => !ownFields.has(key))
  const own = isObject(data) ? data : data === undefined || data === null ? {} : { data }
  return { ...Object.fromEntries(extensions), ce_source: event.source, ...own }
}

/** An event is one by its source and id together; long ones by their hash, for a message id has a limit. */
function messageIdOf(event: JsonObject): string | undefined {
  const id = idOf(event.id)
  const source = idOf(event.source)
  if (id === undefined || source === undefined) return undefined
  const whole = `${source}#${id}`
  return whole.length <= 200 ? whole : idOfContent('ce', [source, id])
}

function bodyOf(event: JsonObject): Partial<WireMessage> {
  const operation = operations.get(event.type)
  if (operation) return { type: 'profile', operation, traits: objectOf(dataOf(event)) }
  if (event.type === 'zhike.identify') return { type: 'identify', traits: objectOf(dataOf(event)) }
  return { type: 'track', event: event.type, properties: propertiesOf(event) }
}

/** One CloudEvent as a wire message: the subject is the customer, the extension `anonymousid` the device. */
export function normaliseCloudEvent(event: unknown): unknown {
  if (!isObject(event)) return event
  const token = idOf(event.customertoken)
  return {
    ...bodyOf(event),
    userId: firstId(event.subject),
    anonymousId: firstId(event.anonymousid),
    messageId: messageIdOf(event),
    timestamp: event.time,
    ...(token && { context: { token } }),
  } satisfies WireMessage
}

/** Values in headers have everything that isn't plain ASCII as %XX. */
function headerText(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** A CloudEvent in binary mode, put together from its headers; undefined when they hold none. */
export function eventOfHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  data: unknown,
): JsonObject | undefined {
  if (headers['ce-type'] === undefined && headers['ce-id'] === undefined) return undefined
  const event: JsonObject = Object.create(null)
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('ce-') && typeof value === 'string') event[name.slice(3)] = headerText(value)
  return { ...event, data }
}
