import { createHash } from 'node:crypto'

/**
 * What a protocol hands to the collector: Segment's JSON, extended. Nothing is checked here; whatever a client sent in
 * a field stands in it, and the collector says what is wrong.
 */
export type WireMessage = {
  type?: unknown
  event?: unknown
  name?: unknown
  messageId?: string | undefined
  userId?: unknown
  anonymousId?: unknown
  previousId?: unknown
  groupId?: unknown
  timestamp?: unknown
  sentAt?: unknown
  properties?: unknown
  traits?: unknown
  operation?: 'set' | 'setOnce' | 'increment' | 'append' | 'unset'
  identities?: Record<string, string>
  context?: { token: string }
}

export type JsonObject = Record<string, unknown>
/** How far the key's source is believed: some clients say who acted in a way that only its place can tell. */
export type KeyKind = 'trusted' | 'public'

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as an object, or an empty one. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** An id as text: clients send numbers too. Empty and everything else is no id. */
export const idOf = (value: unknown): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The first that is an id. */
export const firstId = (...values: unknown[]): string | undefined => {
  for (const value of values) {
    const id = idOf(value)
    if (id !== undefined) return id
  }
  return undefined
}

/** The property in which clients of other protocols carry the bank's customer token. */
const tokenProperty = 'zhike_token'

/** Takes the customer token out of properties, which are stored, and puts it where the collector reads it. */
export function liftToken(properties: JsonObject): { properties: JsonObject; context?: { token: string } } {
  const token = properties[tokenProperty]
  if (typeof token !== 'string' || !Object.hasOwn(properties, tokenProperty)) return { properties }
  const { [tokenProperty]: _, ...rest } = properties
  return { properties: rest, context: { token } }
}

const deepestContent = 40

/** The same text for the same content, whatever the order of its keys; undefined when nested without end. */
export function canonicalText(value: unknown, depth = 0): string | undefined {
  if (depth > deepestContent) return undefined
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const parts: string[] = []
  const entries = Array.isArray(value)
    ? value.map((item): [string, unknown] => ['', item])
    : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [key, item] of entries) {
    const text = canonicalText(item, depth + 1)
    if (text === undefined) return undefined
    parts.push(Array.isArray(value) ? text : `${JSON.stringify(key)}:${text}`)
  }
  return Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`
}

/**
 * A message id made from what is equal on every retry. Undefined when the content can't be read to its end; the
 * collector refuses such a message anyway.
 */
export function idOfContent(prefix: string, content: unknown): string | undefined {
  const text = canonicalText(content)
  return text && `${prefix}-${createHash('sha256').update(text).digest('base64url')}`
}
