import {
  firstId,
  idOf,
  idOfContent,
  isObject,
  type JsonObject,
  type KeyKind,
  liftToken,
  objectOf,
  type WireMessage,
} from '#features/ingest/server/protocols/wire-message.ts'

/** Names that mean the same everywhere; all others stay the client's. */
const standardNames: ReadonlyMap<string, string> = new Map([
  ['$pageview', 'page_viewed'],
  ['$AppViewScreen', 'page_viewed'],
  ['$MPViewScreen', 'page_viewed'],
  ['$AppStart', 'app_opened'],
  ['$MPLaunch', 'app_opened'],
])

const operations: ReadonlyMap<unknown, WireMessage['operation']> = new Map([
  ['profile_set', 'set'],
  ['profile_set_once', 'setOnce'],
  ['profile_increment', 'increment'],
  ['profile_append', 'append'],
  ['profile_unset', 'unset'],
])

const identityNames: ReadonlyMap<string, string> = new Map([
  ['$identity_mobile', 'phone'],
  ['$identity_email', 'email'],
  ['$identity_mp_openid', 'openId'],
  ['$identity_mp_unionid', 'unionId'],
  ['$identity_wecom_external_userid', 'wecomExternalUserId'],
])

/** Ids of a device: they are the visitor, no identity of a person. In the order of what lives longest. */
const deviceIds = [
  '$identity_anonymous_id',
  '$identity_cookie_id',
  '$identity_mp_id',
  '$identity_android_id',
  '$identity_android_uuid',
  '$identity_idfv',
  '$identity_ios_uuid',
  '$identity_harmonyos_uuid',
  '$identity_distinct_id',
]
const notPersonal = new Set([...deviceIds, '$identity_login_id', '$identity_idfa', '$identity_oaid'])
/** A mini-program names the open id after its own app id. */
const openIdOfApp = /^\$identity_mp_\w{1,60}_openid$/
const ownKind = /^[a-z][a-z0-9_]{0,49}$/

function identitiesOf(identities: JsonObject): Record<string, string> | undefined {
  const found: Record<string, string> = {}
  for (const [key, value] of Object.entries(identities)) {
    const name =
      identityNames.get(key) ??
      (openIdOfApp.test(key) ? 'openId' : undefined) ??
      (ownKind.test(key) && !notPersonal.has(key) ? key : undefined)
    if (name && typeof value === 'string' && value !== '') found[name] = value
  }
  return Object.keys(found).length > 0 ? found : undefined
}

/**
 * Libraries without the login flag name whom they speak of: a server's distinct_id is the customer. All others say
 * `$is_login_id` when it is one.
 */
const libraryNeverFlags = (lib: unknown): boolean => lib === undefined || lib === 'Node'

type Who = { userId: string | undefined; anonymousId: string | undefined }

function whoOf(event: JsonObject, properties: JsonObject, kind: KeyKind): Who {
  const identities = objectOf(event.identities)
  const distinctId = idOf(event.distinct_id)
  const device = firstId(event.anonymous_id, ...deviceIds.map((name) => identities[name]))
  const login = firstId(identities.$identity_login_id, event.login_id)
  if (login !== undefined)
    return { userId: login, anonymousId: device ?? (distinctId === login ? undefined : distinctId) }
  if (properties.$is_login_id === true) return { userId: distinctId, anonymousId: device }
  const isPlain = device === undefined && properties.$is_login_id === undefined
  if (isPlain && kind === 'trusted' && libraryNeverFlags(objectOf(event.lib).$lib))
    return { userId: distinctId, anonymousId: undefined }
  return { userId: undefined, anonymousId: device ?? distinctId }
}

/** Equal on every retry: what the client numbered, or else the content; never the time of sending. */
function messageIdOf(event: JsonObject): string | undefined {
  const { _track_id, _flush_time, ...content } = event
  const { type, event: name, time, distinct_id } = event
  if (_track_id !== undefined) return idOfContent('sa', [_track_id, distinct_id, time, type, name])
  // Without a time, equal content may well have happened twice.
  return time === undefined ? undefined : idOfContent('sa', content)
}

const librarySays = (lib: JsonObject, properties: JsonObject): JsonObject =>
  Object.fromEntries(
    ['$lib', '$lib_version'].flatMap((key) =>
      lib[key] !== undefined && properties[key] === undefined ? [[key, lib[key]]] : [],
    ),
  )

function pageOf(properties: JsonObject): JsonObject {
  const page = firstId(properties.$url_path, properties.$screen_name, properties.$url)
  return {
    ...(page !== undefined && properties.page === undefined && { page }),
    ...(idOf(properties.$referrer) &&
      properties.referrer === undefined && { referrer: properties.$referrer }),
  }
}

function tracked(event: JsonObject, properties: JsonObject): Partial<WireMessage> {
  const name = typeof event.event === 'string' ? (standardNames.get(event.event) ?? event.event) : event.event
  const { $is_login_id: _, ...rest } = properties
  return {
    type: 'track',
    event: name,
    properties: {
      ...rest,
      ...librarySays(objectOf(event.lib), rest),
      ...(name === 'page_viewed' && pageOf(rest)),
    },
  }
}

const profileOf = (event: JsonObject, properties: JsonObject): Partial<WireMessage> => {
  const { $is_login_id: _, ...traits } = properties
  return { type: 'profile', operation: operations.get(event.type), traits }
}

/** The login id of a signup is its distinct_id, also in the model without identities. */
const signup = (event: JsonObject, who: Who): Partial<WireMessage> => ({
  type: 'identify',
  userId: who.userId ?? idOf(event.distinct_id),
  anonymousId: firstId(event.original_id, who.anonymousId),
})

function bodyOf(event: JsonObject, properties: JsonObject, who: Who): Partial<WireMessage> | undefined {
  const { type } = event
  if (type === 'track' || type === 'track_id_unbind') return tracked(event, properties)
  if (type === 'track_signup') return signup(event, who)
  if (type === 'track_id_bind') return { type: 'identify' }
  if (operations.has(type)) return profileOf(event, properties)
  if (type === 'profile_delete') return tracked({ ...event, event: 'profile_deleted' }, properties)
  if (type === 'item_set' || type === 'item_delete') return undefined
  return { type }
}

/**
 * One Sensors event as wire messages. Items are about products, not about a customer: they give none. Deleting a
 * profile is kept as an event and takes nothing away, for the bank's own attributes are no client's to erase.
 */
export function normaliseSensors(event: unknown, options: { kind: KeyKind }): readonly unknown[] {
  if (!isObject(event)) return [event]
  const given = isObject(event.properties) ? event.properties : {}
  const { properties, context } = liftToken(given)
  const who = whoOf(event, given, options.kind)
  const body = bodyOf(event, properties, who)
  if (!body) return []
  const identities = identitiesOf(objectOf(event.identities))
  const isBroken = event.properties !== undefined && event.properties !== null && !isObject(event.properties)
  return [
    {
      ...who,
      ...body,
      ...(isBroken && { properties: event.properties }),
      messageId: messageIdOf(event),
      timestamp: event.time,
      sentAt: event._flush_time,
      ...(identities && { identities }),
      ...(context && { context }),
    } satisfies WireMessage,
  ]
}
