import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import { classOfKey, isCardNumber } from '#features/ingest/server/key-class.ts'

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
}

export const newFlattened = (): Flattened => ({ pairs: [], size: 0, dropped: 0, problem: undefined })

type JsonObject = Record<string, unknown>

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const stop = (state: Flattened, code: Problem['code'], path: string, detail: string): false => {
  state.problem = { code, path, detail }
  return false
}

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
  if (keyClass === 'authentication')
    return stop(state, 'AUTHENTICATION_DATA', join(path, key), 'authentication data is never taken')
  if (keyClass === 'identifier') return keyClass
  const value = owner[key]
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'))
    return stop(state, 'KEY_FORBIDDEN', join(path, 'constructor.prototype'), 'this key is not allowed')
  return 'plain'
}

function checkString(state: Flattened, text: string, path: string): boolean {
  state.size += text.length
  if (text.length * 3 > mostStringBytes && Buffer.byteLength(text) > mostStringBytes)
    return stop(state, 'STRING_TOO_LONG', path, `a text may have at most ${mostStringBytes} bytes`)
  return true
}

const checkDepth = (state: Flattened, depth: number, path: string): boolean =>
  depth <= deepestNesting ||
  stop(state, 'NESTING_TOO_DEEP', cutPath(path), `more than ${deepestNesting} levels of nesting`)

const cutPath = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path)

const checkSize = (state: Flattened, path: string): boolean =>
  state.size <= mostMessageBytes ||
  stop(state, 'MESSAGE_TOO_LARGE', cutPath(path), `a message may have at most ${mostMessageBytes} bytes`)

/** Looks through a part of the message that isn't stored; false when it breaks a rule. */
export function checkTree(
  state: Flattened,
  value: unknown,
  path: string,
  depth: number,
  isTrait = false,
): boolean {
  if (typeof value === 'string') return checkString(state, value, path) && checkSize(state, path)
  if (typeof value !== 'object' || value === null) {
    state.size += 5
    return checkSize(state, path)
  }
  if (!checkDepth(state, depth, path)) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1)
      if (!checkTree(state, value[index], `${path}.${index}`, depth + 1, isTrait)) return false
    return true
  }
  for (const key of Object.keys(value)) {
    state.size += key.length
    const keyClass = checkKey(state, value as JsonObject, key, path, isTrait)
    if (keyClass === false) return false
    if (keyClass === 'identifier') state.dropped += 1
    if (!checkTree(state, (value as JsonObject)[key], join(path, key), depth + 1, isTrait)) return false
  }
  return true
}

const isCardValue = (value: unknown): boolean =>
  (typeof value === 'string' && value.length > 14 && value.length < 20 && isCardNumber(value)) ||
  (typeof value === 'number' && value >= 1e14 && isCardNumber(String(value)))

/** An array is kept as its JSON text, without the identifiers in it. */
function arrayText(state: Flattened, value: unknown[], path: string, depth: number, isTrait: boolean) {
  const droppedBefore = state.dropped
  if (!checkTree(state, value, path, depth, isTrait)) return undefined
  const text = JSON.stringify(value, (key, item) => {
    if (isCardValue(item)) state.dropped += 1
    else if (state.dropped === droppedBefore || classOfKey(key, isTrait) !== 'identifier') return item
    return undefined
  })
  if (Buffer.byteLength(text) <= mostStringBytes) return text
  stop(state, 'STRING_TOO_LONG', path, `an array may have at most ${mostStringBytes} bytes as JSON`)
  return undefined
}

function addValue(state: Flattened, name: string, text: string, path: string): boolean {
  if (state.pairs.length >= mostProperties)
    return stop(
      state,
      'PROPERTIES_TOO_MANY',
      cutPath(path),
      `a message may have at most ${mostProperties} properties`,
    )
  // Only a name with a dot of its own can meet a nested one; the first stays.
  if (name.includes('.') && state.pairs.some((pair) => pair[0] === name)) return true
  if (name.length > longestKey)
    return stop(
      state,
      'FIELD_TOO_LONG',
      cutPath(path),
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
      if (!checkTree(state, value, join(path, key), depth + 1, isTrait)) return false
      continue
    }
    state.size += key.length + 6
    if (!addAny(state, value, name === '' ? key : `${name}.${key}`, `${path}.${key}`, depth, isTrait))
      return false
  }
  return checkSize(state, path)
}

function addAny(
  state: Flattened,
  value: unknown,
  name: string,
  path: string,
  depth: number,
  isTrait: boolean,
): boolean {
  if (value === null || value === undefined) return true
  if (isCardValue(value)) {
    state.dropped += 1
    return true
  }
  if (typeof value === 'string') return checkString(state, value, path) && addValue(state, name, value, path)
  if (typeof value !== 'object') return addValue(state, name, String(value), path)
  if (!Array.isArray(value)) return flattenInto(state, value as JsonObject, name, path, depth + 1, isTrait)
  const text = arrayText(state, value, path, depth + 1, isTrait)
  return text !== undefined && addValue(state, name, text, path)
}
