import {
  firstId,
  idOf,
  isObject,
  type JsonObject,
  type KeyKind,
  liftToken,
  objectOf,
  type WireMessage,
} from '#features/ingest/server/protocols/wire-message.ts'

const standardNames: ReadonlyMap<unknown, string> = new Map([
  ['$pageview', 'page_viewed'],
  ['$screen', 'page_viewed'],
])

/** Events that only say something of the person; what they say becomes a profile operation. */
const onlyAboutPerson = new Set<unknown>(['$identify', '$set', '$create_alias'])
const personKeys = new Set(['$set', '$set_once', '$unset', '$anon_distinct_id'])

type Who = Pick<WireMessage, 'userId' | 'anonymousId'>

/** A browser says its device beside the person; a server only the person; an app before login only its own id. */
function whoOf(event: JsonObject, properties: JsonObject, kind: KeyKind): Who {
  const distinctId = firstId(event.distinct_id, properties.distinct_id)
  const device = firstId(properties.$device_id, properties.$anon_distinct_id)
  if (device !== undefined)
    return { userId: distinctId === device ? undefined : distinctId, anonymousId: device }
  if (kind === 'trusted') return { userId: distinctId, anonymousId: undefined }
  return { userId: idOf(properties.$user_id), anonymousId: distinctId }
}

function mainOf(event: JsonObject, properties: JsonObject, who: Who): Partial<WireMessage> | undefined {
  if (event.event === '$identify') return { type: 'identify' }
  if (event.event === '$create_alias')
    return { type: 'alias', previousId: firstId(properties.alias, event.alias), userId: who.userId }
  // Groups of customers are none of ours, and a person that is only set is its profile operation.
  if (event.event === '$groupidentify' || event.event === '$set') return undefined
  const kept = Object.fromEntries(Object.entries(properties).filter(([key]) => !personKeys.has(key)))
  const { token: _, distinct_id: __, ...rest } = kept
  const name = typeof event.event === 'string' ? (standardNames.get(event.event) ?? event.event) : event.event
  const page = firstId(properties.$pathname, properties.$screen_name, properties.$current_url)
  const isPage = name === 'page_viewed' && page !== undefined && properties.page === undefined
  return { type: 'track', event: name, properties: isPage ? { ...rest, page } : rest }
}

const namesAsTraits = (names: unknown): unknown =>
  Array.isArray(names)
    ? Object.fromEntries(names.flatMap((name) => (idOf(name) === undefined ? [] : [[name, '']])))
    : names

function profilesOf(event: JsonObject, properties: JsonObject): Partial<WireMessage>[] {
  const set = event.$set ?? properties.$set
  const once = event.$set_once ?? properties.$set_once
  const unset = event.$unset ?? properties.$unset
  const operations: [WireMessage['operation'], unknown][] = [
    ['set', set],
    ['setOnce', once],
    ['unset', namesAsTraits(unset)],
  ]
  return operations.flatMap(([operation, traits]) =>
    isObject(traits) && Object.keys(traits).length > 0 ? [{ type: 'profile', operation, traits }] : [],
  )
}

/** One PostHog event as wire messages: the event itself, and one for each thing it says of the person. */
export function normalisePostHog(event: unknown, options: { kind: KeyKind }): readonly unknown[] {
  if (!isObject(event)) return [event]
  const { properties, context } = liftToken(objectOf(event.properties))
  const who = whoOf(event, properties, options.kind)
  const uuid = firstId(event.uuid, event.message_id, properties.$insert_id)
  const main = mainOf(event, properties, who)
  const profiles = profilesOf(event, properties)
  const common = { ...who, timestamp: event.timestamp, ...(context && { context }) }
  const messages: Partial<WireMessage>[] = main ? [{ ...main, messageId: uuid }] : []
  for (const profile of profiles)
    messages.push({ ...profile, messageId: uuid && `${uuid}:${String(profile.operation)}` })
  // Whoever only sets nothing still sent an event that has to be answered.
  if (messages.length === 0 && onlyAboutPerson.has(event.event)) return []
  return messages.map((message) => ({ ...common, ...message }))
}

export type PostHogBatch = { key: string | undefined; events: readonly unknown[]; sentAt: unknown }

/** The events of a body in whichever of its forms: a batch, one event, or a list of events that carry the key each. */
export function readPostHogBody(body: unknown): PostHogBatch {
  if (Array.isArray(body)) {
    const first = objectOf(body[0])
    const key = firstId(first.api_key, first.token, objectOf(first.properties).token)
    return { key, events: body, sentAt: undefined }
  }
  const whole = objectOf(body)
  const key = firstId(whole.api_key, whole.token, objectOf(whole.properties).token)
  if (Array.isArray(whole.batch)) return { key, events: whole.batch, sentAt: whole.sent_at }
  return { key, events: [body], sentAt: whole.sent_at }
}

/** The client's feature flags are asked for and answered with none: flags are not what Zhike does. */
export const postHogFlags = {
  flags: {},
  featureFlags: {},
  featureFlagPayloads: {},
  errorsWhileComputingFlags: false,
  sessionRecording: false,
  supportedCompression: ['gzip', 'gzip-js'],
  config: { enable_collect_everything: true },
  autocapture_opt_out: false,
  toolbarParams: {},
  isAuthenticated: false,
  siteApps: [],
}

/** What a browser asks for before it sends: no recording, no surveys, no scripts from elsewhere. */
export const postHogConfig = (token: string): object => ({
  token,
  supportedCompression: ['gzip', 'gzip-js'],
  hasFeatureFlags: false,
  sessionRecording: false,
  surveys: false,
  heatmaps: false,
  captureDeadClicks: false,
  capturePerformance: false,
  autocapture_opt_out: false,
  autocaptureExceptions: false,
  analytics: { endpoint: '/i/v0/e/' },
  elementsChainAsString: true,
  errorTracking: { autocaptureExceptions: false, suppressionRules: [] },
  toolbarParams: {},
  isAuthenticated: false,
  siteApps: [],
  siteAppsJS: [],
  defaultIdentifiedOnly: true,
})
