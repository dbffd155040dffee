import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import {
  checkTree,
  type Flattened,
  flattenInto,
  newFlattened,
} from '#features/ingest/server/flatten-properties.ts'
import { parseTime } from '#features/ingest/server/parse-time.ts'

export const messageTypes = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export type MessageType = (typeof messageTypes)[number]

/** One message in our shape, nothing believed yet: who it really is of is decided by key, token and bindings. */
export type NormalisedMessage = {
  type: MessageType
  name: string
  userId: string | undefined
  anonymousId: string | undefined
  /** The id that an alias says was this one before. */
  previousId: string | undefined
  messageId: string | undefined
  /** The client's own time; undefined when it sent none. */
  occurredAtMs: number | undefined
  token: string | undefined
  props: [string, string][]
  traits: [string, string][] | undefined
  /** Direct identifiers left out. */
  dropped: number
}

export type Normalised =
  | { message: NormalisedMessage; problem?: undefined }
  | { problem: Problem; message?: undefined }

type JsonObject = Record<string, unknown>

const longestId = 200
const earliestMs = Date.UTC(1990, 0, 1)
const dayMs = 86_400_000
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

function objectField(message: JsonObject, name: string): JsonObject | undefined {
  const value = message[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value))
    throw refuse('FIELD_TYPE', name, `${name} must be an object`)
  return value as JsonObject
}

function timeField(message: JsonObject, nowMs: number, timeZone: string): number | undefined {
  const name =
    message.timestamp === undefined || message.timestamp === null ? 'originalTimestamp' : 'timestamp'
  const value = message[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' && typeof value !== 'number')
    throw refuse('FIELD_TYPE', name, `${name} must be an ISO 8601 text or milliseconds since 1970`)
  const time = typeof value === 'number' ? Math.trunc(value) : parseTime(value, timeZone)
  if (time === undefined || Number.isNaN(time))
    throw refuse('TIMESTAMP_INVALID', name, `${name} is not an ISO 8601 time`)
  if (time < earliestMs || time > nowMs + dayMs)
    throw refuse('TIMESTAMP_OUT_OF_RANGE', name, `${name} is before 1990 or more than a day ahead`)
  return time
}

function tokenField(context: JsonObject | undefined): string | undefined {
  const token = context?.token
  if (token === undefined || token === null || token === '') return undefined
  if (typeof token !== 'string') throw refuse('FIELD_TYPE', 'context.token', 'context.token must be a text')
  if (token.length > 4096)
    throw refuse('FIELD_TOO_LONG', 'context.token', 'context.token has more than 4096 characters')
  return token
}

const isMessageType = (value: unknown): value is MessageType =>
  typeof value === 'string' && (messageTypes as readonly string[]).includes(value)

function typeField(message: JsonObject, type: MessageType | undefined): MessageType {
  if (type) return type
  const value = message.type
  if (value === undefined || value === null) throw refuse('FIELD_MISSING', 'type', 'type is missing')
  if (!isMessageType(value))
    throw refuse('FIELD_INVALID', 'type', `type must be one of ${messageTypes.join(', ')}`)
  return value
}

const fixedNames: { readonly [T in Exclude<MessageType, 'track'>]: string } = {
  identify: 'identified',
  page: 'page_viewed',
  screen: 'page_viewed',
  group: 'group_joined',
  alias: 'aliased',
}

function nameOf(message: JsonObject, type: MessageType): string {
  if (type !== 'track') return fixedNames[type]
  const name = textField(message, 'event', longestId)
  if (name === undefined) throw refuse('FIELD_MISSING', 'event', 'event is missing')
  return name
}

function addField(message: JsonObject, field: string, props: [string, string][], prop: string): void {
  const value = textField(message, field, longestId)
  if (value !== undefined && !props.some((pair) => pair[0] === prop)) props.push([prop, value])
}

/** Adds what a page or group says outside of its properties, where the properties don't say it themselves. */
function addOwnFields(message: JsonObject, type: MessageType, props: [string, string][]): void {
  if (type === 'group') addField(message, 'groupId', props, 'group')
  if (type !== 'page' && type !== 'screen') return
  addField(message, 'name', props, 'name')
  addField(message, 'name', props, 'page')
  addField(message, 'category', props, 'category')
}

const must = (isRight: boolean, state: Flattened): void => {
  if (!isRight && state.problem) throw { problem: state.problem }
}

function readTraits(traits: JsonObject, state: Flattened): [string, string][] {
  const own = newFlattened()
  own.size = state.size
  must(flattenInto(own, traits, '', 'traits', 2, true), own)
  for (const [name, value] of own.pairs)
    if (value.includes('\0') || !value.isWellFormed() || controls.test(name) || !name.isWellFormed())
      throw refuse('FIELD_INVALID', `traits.${name}`, 'a trait has control characters or broken text')
  state.dropped += own.dropped
  state.size = own.size
  return own.pairs
}

function read(
  message: JsonObject,
  type: MessageType | undefined,
  nowMs: number,
  timeZone: string,
): NormalisedMessage {
  if (Object.hasOwn(message, '__proto__'))
    throw refuse('KEY_FORBIDDEN', '__proto__', 'this key is not allowed')
  const messageType = typeField(message, type)
  const state = newFlattened()
  const name = nameOf(message, messageType)
  const context = objectField(message, 'context')
  const token = tokenField(context)
  const properties = objectField(message, 'properties')
  if (properties) must(flattenInto(state, properties, '', 'properties', 2, false), state)
  const traits = objectField(message, 'traits')
  const isIdentify = messageType === 'identify'
  // Of other messages than identify, traits are of a group, and stored as properties.
  if (traits && messageType === 'group') must(flattenInto(state, traits, '', 'traits', 2, true), state)
  else if (traits && !isIdentify) must(checkTree(state, traits, 'traits', 2, true), state)
  const ownTraits = traits && isIdentify ? readTraits(traits, state) : undefined
  addOwnFields(message, messageType, state.pairs)
  const droppedBefore = state.dropped
  // The token itself was bounded above; what else stands in the context isn't stored.
  if (context) must(checkTree(state, token ? { ...context, token: null } : context, 'context', 2), state)
  return {
    type: messageType,
    name,
    userId: textField(message, 'userId', longestId),
    anonymousId: textField(message, 'anonymousId', longestId),
    previousId: messageType === 'alias' ? textField(message, 'previousId', longestId) : undefined,
    messageId: textField(message, 'messageId', longestId),
    occurredAtMs: timeField(message, nowMs, timeZone),
    token,
    props: isIdentify ? [] : state.pairs,
    traits: ownTraits,
    dropped: droppedBefore,
  }
}

/** Reads one Segment message into our shape, or says which field is wrong. Never throws, whatever it is given. */
export function normaliseSegment(
  input: unknown,
  options: { type?: MessageType | undefined; nowMs: number; timeZone: string },
): Normalised {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return refuse('FIELD_TYPE', '', 'a message must be an object')
  try {
    return { message: read(input as JsonObject, options.type, options.nowMs, options.timeZone) }
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'problem' in thrown)
      return thrown as { problem: Problem }
    throw thrown
  }
}
