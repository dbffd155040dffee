import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import {
  checkTree,
  type Flattened,
  flattenInto,
  newFlattened,
} from '#features/ingest/server/flatten-properties.ts'
import { identityKindByName } from '#features/ingest/server/identity-links.ts'
import { readTime, type TimeOptions } from '#features/ingest/server/message-time.ts'
import { classOfValue, mayHoldCards, mayHoldNumbers } from '#features/ingest/server/sensitive-values.ts'

/** What clients of the native API send; each has a path of its own. */
export const messageTypes = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export type MessageType = (typeof messageTypes)[number]

/** What protocol adapters may hand over besides: a change of a customer's attributes. */
export const wireTypes = [...messageTypes, 'profile'] as const
export type WireType = (typeof wireTypes)[number]

export const profileOperations = ['set', 'setOnce', 'increment', 'append', 'unset'] as const
export type ProfileOperation = (typeof profileOperations)[number]

/** One message in our shape, nothing believed yet: who it really is of is decided by key, token and bindings. */
export type NormalisedMessage = {
  type: WireType
  name: string
  userId: string | undefined
  anonymousId: string | undefined
  /** The id that an alias says was this one before. */
  previousId: string | undefined
  messageId: string | undefined
  /** The client's own time as it said it; undefined when it sent none. */
  clientAtMs: number | undefined
  /** The same by our clock; undefined when it sent none. */
  occurredAtMs: number | undefined
  token: string | undefined
  props: [string, string][]
  /** What `operation` does to the customer's attributes. */
  traits: [string, string][] | undefined
  operation: ProfileOperation | undefined
  /** In clear: hashed before anything is written. */
  identities: Record<string, string> | undefined
  /** Direct identifiers left out. */
  dropped: number
}

export type Normalised =
  | { message: NormalisedMessage; problem?: undefined }
  | { problem: Problem; message?: undefined }

export type NormaliseOptions = TimeOptions & { type?: WireType | undefined }

type JsonObject = Record<string, unknown>

const longestId = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are refused in ids and names
const controls = /[\u0000-\u001f\u007f]/

const refuse = (code: Problem['code'], path: string, detail: string): { problem: Problem } => ({
  problem: { code, path, detail },
})

/** Reads an optional text field; the empty text counts as absent. A problem is thrown as itself and caught once below. */
function textField(message: JsonObject, name: string, longest: number): string | undefined {
  const value = message[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw refuse('FIELD_TYPE', name, `${name} must be a text`)
  if (value.length > longest)
    throw refuse('FIELD_TOO_LONG', name, `${name} has more than ${longest} characters`)
  if (controls.test(value) || !value.isWellFormed())
    throw refuse('FIELD_INVALID', name, `${name} has control characters or broken text`)
  return value
}

/** A text that is stored in clear: it may hold no card number. */
function clearField(message: JsonObject, name: string): string | undefined {
  const value = textField(message, name, longestId)
  if (value !== undefined && mayHoldCards(value) && classOfValue(value) === 'authentication')
    throw refuse('AUTHENTICATION_DATA', name, 'authentication data is never taken')
  return value
}

function objectField(message: JsonObject, name: string): JsonObject | undefined {
  const value = message[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value))
    throw refuse('FIELD_TYPE', name, `${name} must be an object`)
  return value as JsonObject
}

function tokenField(context: JsonObject | undefined): string | undefined {
  const token = context?.token
  if (token === undefined || token === null || token === '') return undefined
  if (typeof token !== 'string') throw refuse('FIELD_TYPE', 'context.token', 'context.token must be a text')
  if (token.length > 4096)
    throw refuse('FIELD_TOO_LONG', 'context.token', 'context.token has more than 4096 characters')
  return token
}

const isOneOf = <T extends string>(all: readonly T[], value: unknown): value is T =>
  typeof value === 'string' && (all as readonly string[]).includes(value)

function typeField(message: JsonObject, type: WireType | undefined): WireType {
  if (type) return type
  const value = message.type
  if (value === undefined || value === null) throw refuse('FIELD_MISSING', 'type', 'type is missing')
  if (!isOneOf(wireTypes, value))
    throw refuse('FIELD_INVALID', 'type', `type must be one of ${wireTypes.join(', ')}`)
  return value
}

function operationField(message: JsonObject, type: WireType): ProfileOperation | undefined {
  if (type === 'identify') return 'set'
  if (type !== 'profile') return undefined
  const value = message.operation ?? 'set'
  if (isOneOf(profileOperations, value)) return value
  throw refuse('FIELD_INVALID', 'operation', `operation must be one of ${profileOperations.join(', ')}`)
}

const fixedNames: { readonly [T in Exclude<WireType, 'track'>]: string } = {
  identify: 'identified',
  page: 'page_viewed',
  screen: 'page_viewed',
  group: 'group_joined',
  alias: 'aliased',
  profile: 'profile_updated',
}

function nameOf(message: JsonObject, type: WireType): string {
  if (type !== 'track') return fixedNames[type]
  const name = clearField(message, 'event')
  if (name === undefined) throw refuse('FIELD_MISSING', 'event', 'event is missing')
  if (mayHoldNumbers(name) && classOfValue(name))
    throw refuse('FIELD_INVALID', 'event', "a person's number cannot be the name of an event")
  return name
}

function addField(message: JsonObject, field: string, props: [string, string][], prop: string): void {
  const value = clearField(message, field)
  if (value !== undefined && !props.some((pair) => pair[0] === prop)) props.push([prop, value])
}

/** Adds what a page or group says outside of its properties, where the properties don't say it themselves. */
function addOwnFields(message: JsonObject, type: WireType, props: [string, string][]): void {
  if (type === 'group') addField(message, 'groupId', props, 'group')
  if (type !== 'page' && type !== 'screen') return
  addField(message, 'name', props, 'name')
  addField(message, 'name', props, 'page')
  addField(message, 'category', props, 'category')
}

const must = (isRight: boolean, state: Flattened): void => {
  if (!isRight && state.problem) throw { problem: state.problem }
}

function checkTraits(pairs: readonly [string, string][], operation: ProfileOperation): void {
  for (const [name, value] of pairs) {
    if (value.includes('\0') || !value.isWellFormed() || controls.test(name) || !name.isWellFormed())
      throw refuse('FIELD_INVALID', `traits.${name}`, 'a trait has control characters or broken text')
    if (operation === 'increment' && (value.trim() === '' || !Number.isFinite(Number(value))))
      throw refuse('FIELD_INVALID', `traits.${name}`, 'an increment must be a number')
  }
}

/** What is unset may have any value, also none. */
const namesOnly = (traits: JsonObject): JsonObject =>
  Object.fromEntries(Object.keys(traits).map((key) => [key, '']))

function readTraits(traits: JsonObject, operation: ProfileOperation, state: Flattened): [string, string][] {
  const own = newFlattened()
  own.size = state.size
  if (operation === 'unset') must(checkTree(own, traits, 'traits', 2, true), own)
  must(flattenInto(own, operation === 'unset' ? namesOnly(traits) : traits, '', 'traits', 2, true), own)
  checkTraits(own.pairs, operation)
  state.dropped += own.dropped
  state.size = own.size
  return own.pairs
}

const traitOfIdentity: ReadonlyMap<string, string> = new Map([
  ...['phone', 'mobile', 'phonenumber', 'mobilephone'].map((name): [string, string] => [name, 'phone']),
  ['email', 'email'],
  ['openid', 'openId'],
  ['unionid', 'unionId'],
  ['externaluserid', 'wecomExternalUserId'],
])

function addIdentity(into: Record<string, string>, name: string, value: unknown, path: string): void {
  if (value === undefined || value === null || value === '') return
  if ((typeof value !== 'string' && typeof value !== 'number') || String(value).length > longestId)
    throw refuse('FIELD_INVALID', path, 'an identity must be a text of at most 200 characters')
  if (classOfValue(String(value)) === 'authentication')
    throw refuse('AUTHENTICATION_DATA', path, 'authentication data is never taken')
  into[name] = String(value)
}

/** Identities a message names for its person, in a field of their own or among the traits. */
function readIdentities(
  message: JsonObject,
  traits: JsonObject | undefined,
): Record<string, string> | undefined {
  const named = objectField(message, 'identities')
  if (!named && !traits) return undefined
  const identities: Record<string, string> = {}
  for (const [name, value] of Object.entries(named ?? {})) {
    if (!identityKindByName(name))
      throw refuse(
        'FIELD_INVALID',
        'identities',
        'the kind of an identity is lower-case letters, digits and _',
      )
    addIdentity(identities, name, value, `identities.${name}`)
  }
  for (const [key, value] of Object.entries(traits ?? {})) {
    const name = traitOfIdentity.get(key.toLowerCase().replace(/[\s_.-]/g, ''))
    if (name && !(name in identities)) addIdentity(identities, name, value, `traits.${key}`)
  }
  return Object.keys(identities).length > 0 ? identities : undefined
}

const textLengthOfProfile = 1_000

function propsOf(
  type: WireType,
  state: Flattened,
  operation: ProfileOperation | undefined,
  traits: [string, string][],
) {
  if (type === 'identify') return []
  if (type !== 'profile' || !operation) return state.pairs
  const names = traits.map(([name]) => name).join(',')
  return [...state.pairs, ['operation', operation], ['attributes', names.slice(0, textLengthOfProfile)]] as [
    string,
    string,
  ][]
}

function read(message: JsonObject, options: NormaliseOptions): NormalisedMessage {
  if (Object.hasOwn(message, '__proto__'))
    throw refuse('KEY_FORBIDDEN', '__proto__', 'this key is not allowed')
  const type = typeField(message, options.type)
  const operation = operationField(message, type)
  const state = newFlattened()
  const name = nameOf(message, type)
  const context = objectField(message, 'context')
  const token = tokenField(context)
  const properties = objectField(message, 'properties')
  if (properties) must(flattenInto(state, properties, '', 'properties', 2, false), state)
  const traits = objectField(message, 'traits')
  // Traits of a group are of that group, and stored as properties; of other messages they aren't stored.
  if (traits && type === 'group') must(flattenInto(state, traits, '', 'traits', 2, true), state)
  else if (traits && !operation) must(checkTree(state, traits, 'traits', 2, true), state)
  const ownTraits = traits && operation ? readTraits(traits, operation, state) : undefined
  addOwnFields(message, type, state.pairs)
  const dropped = state.dropped
  // The token itself was bounded above; what else stands in the context isn't stored.
  if (context) must(checkTree(state, token ? { ...context, token: null } : context, 'context', 2), state)
  const time = readTime(message, options)
  if ('problem' in time) throw time
  return {
    type,
    name,
    userId: clearField(message, 'userId'),
    anonymousId: clearField(message, 'anonymousId'),
    previousId: type === 'alias' ? clearField(message, 'previousId') : undefined,
    messageId: textField(message, 'messageId', longestId),
    clientAtMs: time.clientAtMs,
    occurredAtMs: time.occurredAtMs,
    token,
    props: propsOf(type, state, operation, ownTraits ?? []),
    traits: ownTraits,
    operation,
    identities: readIdentities(message, operation ? traits : undefined),
    dropped,
  }
}

/** Reads one message into our shape, or says which field is wrong. Never throws, whatever it is given. */
export function normaliseSegment(input: unknown, options: NormaliseOptions): Normalised {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return refuse('FIELD_TYPE', '', 'a message must be an object')
  try {
    return { message: read(input as JsonObject, options) }
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'problem' in thrown)
      return thrown as { problem: Problem }
    throw thrown
  }
}
