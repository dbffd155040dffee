import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import { classOfKey } from '#features/ingest/server/key-class.ts'
import {
  classOfNumber,
  classOfValue,
  mayHoldNumbers,
  withoutNumbers,
} from '#features/ingest/server/sensitive-values.ts'

export const mostProperties = 500
export const mostStringBytes = 8192
export const mostMessageBytes = 32_768
export const deepestNesting = 32
const longestKey = 200

/** Properties as they are stored, and what was met on the way; one per message. */
export type Flattened = {
  pairs: [string, string][]
  /** Bytes read so far, roughly: enough to bound a message. */
  size: number
  /** Direct identifiers left out. */
  dropped: number
  problem: Problem | undefined
  /** A name with a dot of its own was met: it may meet a nested one. */
  hasDots: boolean
}

export const newFlattened = (): Flattened => ({
  pairs: [],
  size: 0,
  dropped: 0,
  problem: undefined,
  hasDots: false,
})

type JsonObject = Record<string, unknown>

const join = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`)

const cutPath = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path)

const stop = (state: Flattened, code: Problem['code'], path: string, detail: string): false => {
  state.problem = { code, path, detail }
  return false
}

const refuseAuthentication = (state: Flattened, path: string): false =>
  stop(state, 'AUTHENTICATION_DATA', path, 'authentication data is never taken')

const isLongNumber = (value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') && /^\D*(?:\d\D?){12,}/.test(String(value))

/** Whether a key may stand where it stands; false ends the message. */
function checkKey(state: Flattened, owner: JsonObject, key: string, path: string, isTrait: boolean) {
  const keyClass = classOfKey(key, isTrait)
  if (keyClass === 'plain') {
    if (key.length > longestKey)
      return stop(
        state,
        'FIELD_TOO_LONG',
        `${path}.*`,
        `a property name has more than ${longestKey} characters`,
      )
    return keyClass
  }
  if (keyClass === 'forbidden')
    return stop(state, 'KEY_FORBIDDEN', join(path, key), 'this key is not allowed')
  if (keyClass === 'identifier') return keyClass
  const value = owner[key]
  if (keyClass === 'card')
    return isLongNumber(value) ? refuseAuthentication(state, join(path, key)) : 'identifier'
  // A yes or no ("show_password") is no secret.
  if (keyClass === 'authentication')
    return typeof value === 'boolean' ? 'plain' : refuseAuthentication(state, join(path, key))
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'))
    return stop(state, 'KEY_FORBIDDEN', join(path, 'constructor.prototype'), 'this key is not allowed')
  return 'plain'
}

function checkString(state: Flattened, text: string, path: string, key: string | number): boolean {
  state.size += text.length
  if (text.length * 3 > mostStringBytes && Buffer.byteLength(text) > mostStringBytes)
    return stop(state, 'STRING_TOO_LONG', join(path, key), `a text may have at most ${mostStringBytes} bytes`)
  return true
}

const checkDepth = (state: Flattened, depth: number, path: string): boolean =>
  depth <= deepestNesting ||
  stop(state, 'NESTING_TOO_DEEP', cutPath(path), `more than ${deepestNesting} levels of nesting`)

const checkSize = (state: Flattened, path: string): boolean =>
  state.size <= mostMessageBytes ||
  stop(state, 'MESSAGE_TOO_LARGE', cutPath(path), `a message may have at most ${mostMessageBytes} bytes`)

const isAuthentication = (value: unknown): boolean =>
  typeof value === 'string'
    ? mayHoldNumbers(value) && classOfValue(value) === 'authentication'
    : typeof value === 'number' && value > 1e10 && classOfNumber(value) === 'authentication'

function checkLeaf(state: Flattened, value: unknown, path: string, key: string | number): boolean {
  if (isAuthentication(value)) return refuseAuthentication(state, join(path, key))
  if (typeof value === 'string')
    return checkString(state, value, path, key) && checkSize(state, join(path, key))
  state.size += 5
  return checkSize(state, path)
}

function checkChild(
  state: Flattened,
  value: unknown,
  path: string,
  key: string | number,
  depth: number,
  isTrait: boolean,
) {
  return typeof value === 'object' && value !== null
    ? checkTree(state, value, join(path, key), depth + 1, isTrait)
    : checkLeaf(state, value, path, key)
}

/** Looks through a part of the message that isn't stored; false when it breaks a rule. */
export function checkTree(
  state: Flattened,
  value: object,
  path: string,
  depth: number,
  isTrait = false,
): boolean {
  if (!checkDepth(state, depth, path)) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1)
      if (!checkChild(state, value[index], path, index, depth, isTrait)) return false
    return true
  }
  for (const key of Object.keys(value)) {
    state.size += key.length
    const keyClass = checkKey(state, value as JsonObject, key, path, isTrait)
    if (keyClass === false) return false
    if (keyClass === 'identifier') state.dropped += 1
    if (!checkChild(state, (value as JsonObject)[key], path, key, depth, isTrait)) return false
  }
  return true
}

/** A text or number without the numbers of persons in it; undefined when nothing is left. */
function withoutIdentifiers(state: Flattened, value: unknown): unknown {
  if (typeof value === 'number' && value > 1e10 && classOfNumber(value)) {
    state.dropped += 1
    return undefined
  }
  if (typeof value !== 'string' || !mayHoldNumbers(value)) return value
  const { text, removed } = withoutNumbers(value)
  state.dropped += removed
  return text
}

function isLeftOut(key: string, isTrait: boolean): boolean {
  const keyClass = classOfKey(key, isTrait)
  return keyClass === 'identifier' || keyClass === 'card'
}

/** An array is kept as its JSON text, without the identifiers in it. */
function arrayText(state: Flattened, value: unknown[], path: string, depth: number, isTrait: boolean) {
  const droppedBefore = state.dropped
  if (!checkTree(state, value, path, depth, isTrait)) return undefined
  const hasIdentifiers = state.dropped !== droppedBefore
  const text = JSON.stringify(value, (key, item) =>
    hasIdentifiers && isLeftOut(key, isTrait) ? undefined : withoutIdentifiers(state, item),
  )
  if (Buffer.byteLength(text) <= mostStringBytes) return text
  stop(state, 'STRING_TOO_LONG', path, `an array may have at most ${mostStringBytes} bytes as JSON`)
  return undefined
}

function addValue(state: Flattened, name: string, text: string, path: string, key: string): boolean {
  if (state.pairs.length >= mostProperties)
    return stop(
      state,
      'PROPERTIES_TOO_MANY',
      cutPath(join(path, key)),
      `a message may have at most ${mostProperties} properties`,
    )
  // Only a name with a dot of its own can meet a nested one; the first stays.
  if (key.includes('.')) state.hasDots = true
  if (state.hasDots && name.includes('.') && state.pairs.some((pair) => pair[0] === name)) return true
  if (name.length > longestKey)
    return stop(
      state,
      'FIELD_TOO_LONG',
      cutPath(join(path, key)),
      `a property name has more than ${longestKey} characters`,
    )
  state.pairs.push([name, text])
  return true
}

/**
 * Flattens properties into canonical text: text as it is, numbers and booleans as JSON writes them, nothing for null,
 * nested names joined by a dot, arrays as JSON. False when the message breaks a rule; `state.problem` says which.
 */
export function flattenInto(
  state: Flattened,
  owner: JsonObject,
  name: string,
  path: string,
  depth: number,
  isTrait: boolean,
): boolean {
  if (!checkDepth(state, depth, path)) return false
  for (const key of Object.keys(owner)) {
    const value = owner[key]
    const keyClass = checkKey(state, owner, key, path, isTrait)
    if (keyClass === false) return false
    if (keyClass === 'identifier') {
      state.dropped += 1
      if (!checkChild(state, value, path, key, depth, isTrait)) return false
      continue
    }
    state.size += key.length + 6
    if (!addAny(state, value, name, path, key, depth, isTrait)) return false
  }
  return checkSize(state, path)
}

function addText(state: Flattened, text: string, name: string, path: string, key: string): boolean {
  if (!checkString(state, text, path, key)) return false
  if (!mayHoldNumbers(text)) return addValue(state, name, text, path, key)
  if (isAuthentication(text)) return refuseAuthentication(state, join(path, key))
  const kept = withoutIdentifiers(state, text)
  return kept === undefined || addValue(state, name, kept as string, path, key)
}

function addAny(
  state: Flattened,
  value: unknown,
  parent: string,
  path: string,
  key: string,
  depth: number,
  isTrait: boolean,
): boolean {
  if (value === null || value === undefined) return true
  const name = parent === '' ? key : `${parent}.${key}`
  if (typeof value === 'string') return addText(state, value, name, path, key)
  if (typeof value === 'number') {
    if (isAuthentication(value)) return refuseAuthentication(state, join(path, key))
    return withoutIdentifiers(state, value) === undefined || addValue(state, name, `${value}`, path, key)
  }
  if (typeof value !== 'object') return addValue(state, name, String(value), path, key)
  const own = join(path, key)
  if (!Array.isArray(value)) return flattenInto(state, value as JsonObject, name, own, depth + 1, isTrait)
  const text = arrayText(state, value, own, depth + 1, isTrait)
  return text !== undefined && addValue(state, name, text, path, key)
}
