import {
  firstId,
  idOf,
  isObject,
  type JsonObject,
  liftToken,
  objectOf,
  type WireMessage,
} from '#features/ingest/server/protocols/wire-message.ts'

/** Schemas of ours (vendor `com.zhike`), by which a self-describing event changes attributes. */
const operations: ReadonlyMap<string, WireMessage['operation']> = new Map([
  ['com.zhike/profile_set', 'set'],
  ['com.zhike/profile_set_once', 'setOnce'],
  ['com.zhike/profile_increment', 'increment'],
  ['com.zhike/profile_append', 'append'],
  ['com.zhike/profile_unset', 'unset'],
])

/** Fields of the protocol that say something of an event, and the names they are stored under. */
const fields: readonly (readonly [string, string])[] = [
  ...([
    ['url', 'url'],
    ['page', 'title'],
    ['refr', 'referrer'],
    ['p', 'platform'],
  ] as const),
  ...([
    ['tna', 'tracker'],
    ['tv', 'tracker_version'],
    ['lang', 'language'],
    ['res', 'resolution'],
  ] as const),
  ...([
    ['se_ca', 'category'],
    ['se_la', 'label'],
    ['se_pr', 'property'],
    ['se_va', 'value'],
  ] as const),
  ...([
    ['tr_id', 'order'],
    ['tr_tt', 'amount'],
    ['tr_cu', 'currency'],
    ['ti_id', 'order'],
  ] as const),
  ...([
    ['ti_sk', 'product'],
    ['ti_pr', 'price'],
    ['ti_qu', 'quantity'],
    ['sid', 'session_id'],
  ] as const),
]

const namesOfTypes: ReadonlyMap<unknown, string> = new Map([
  ['pv', 'page_viewed'],
  ['pp', 'page_ping'],
  ['tr', 'transaction'],
  ['ti', 'transaction_item'],
])

/** JSON in a field: as text, or as base64 in the field beside it. */
function jsonOf(plain: unknown, packed: unknown): unknown {
  const text = typeof packed === 'string' ? Buffer.from(packed, 'base64').toString('utf8') : plain
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `vendor/name` of iglu:vendor/name/format/version. */
const schemaOf = (schema: unknown): string | undefined =>
  typeof schema === 'string'
    ? /^iglu:([\w.-]{1,120}\/[\w-]{1,120})\/[\w-]+\/[\w-]+$/.exec(schema)?.[1]
    : undefined

const nameOf = (schema: string): string => schema.slice(schema.indexOf('/') + 1)

/** What applies to the event besides: each context under the name of its schema, the first of a name. */
function contextsOf(event: JsonObject): JsonObject {
  const { data } = objectOf(jsonOf(event.co, event.cx))
  const found: JsonObject = Object.create(null)
  for (const context of Array.isArray(data) ? data.slice(0, 50) : []) {
    const schema = schemaOf(objectOf(context).schema)
    const name = schema && nameOf(schema)
    if (name && !(name in found)) found[name] = objectOf(context).data
  }
  return { ...found }
}

function saidOf(event: JsonObject): JsonObject {
  const said: JsonObject = {}
  for (const [field, name] of fields) if (event[field] !== undefined) said[name] = event[field]
  return said
}

/** The data of a self-describing event with its schema; undefined when it can't be read. */
function describedOf(event: JsonObject): { schema: string; data: unknown } | undefined {
  const inner = objectOf(objectOf(jsonOf(event.ue_pr, event.ue_px)).data)
  const schema = schemaOf(inner.schema)
  return schema ? { schema, data: inner.data } : undefined
}

function bodyOf(event: JsonObject): Partial<WireMessage> & { properties: JsonObject } {
  const contexts = contextsOf(event)
  const said = { ...saidOf(event), ...contexts }
  if (event.e === 'ue') {
    const described = describedOf(event)
    if (!described) return { type: 'track', event: undefined, properties: {} }
    const data = objectOf(described.data)
    const operation = operations.get(described.schema)
    if (operation) return { type: 'profile', operation, traits: data, properties: {} }
    if (described.schema === 'com.zhike/identify') return { type: 'identify', traits: data, properties: {} }
    return { type: 'track', event: nameOf(described.schema), properties: { ...said, ...data } }
  }
  const page = event.e === 'pv' ? firstId(event.url) : undefined
  const name = event.e === 'se' ? event.se_ac : namesOfTypes.get(event.e)
  return { type: 'track', event: name, properties: page === undefined ? said : { ...said, page } }
}

/** Times come as milliseconds in text. */
const millis = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value

/** One Snowplow event as a wire message: `uid` is the customer, the browser's own id the device. */
export function normaliseSnowplow(event: unknown): unknown {
  if (!isObject(event)) return event
  const { properties: found, ...body } = bodyOf(event)
  const { properties, context } = liftToken(found)
  return {
    ...body,
    ...(body.type === 'track' && { properties }),
    userId: idOf(event.uid),
    anonymousId: firstId(event.duid, event.nuid, event.tnuid),
    messageId: idOf(event.eid),
    timestamp: millis(event.ttm ?? event.dtm),
    sentAt: millis(event.stm),
    ...(context && { context }),
  } satisfies WireMessage
}
