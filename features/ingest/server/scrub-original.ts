import { classOfKey } from '#features/ingest/server/key-class.ts'
import { classOfNumber, mayHoldNumbers, withoutNumbers } from '#features/ingest/server/sensitive-values.ts'

const mostOriginalBytes = 32_768
const deepest = 40
/** Fields of the message itself that prove or name somebody, and must come again with the message when it is mended. */
const hidden = new Set(['token', 'authorization', 'writeKey'])

/** A text that is kept beside the message: its name, its id. */
export const scrubText = (text: string): string => withoutNumbers(text).text ?? '*'

/** Names that stand above properties and traits; below them names are what a client made up. */
const isPersonal = (key: string, isTrait: boolean): boolean => {
  const keyClass = classOfKey(key, isTrait)
  return keyClass !== 'plain' && keyClass !== 'constructor'
}

function scrubbed(value: unknown, isTrait: boolean, depth: number): unknown {
  if (depth > deepest) return '*'
  if (typeof value === 'string') return mayHoldNumbers(value) ? (withoutNumbers(value).text ?? '*') : value
  if (typeof value === 'number') return classOfNumber(value) ? '*' : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, isTrait, depth + 1))
  const kept: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') continue
    const safeKey = withoutNumbers(key).text ?? '*'
    const isHidden = hidden.has(key) || key === 'identities' || isPersonal(key, isTrait)
    kept[safeKey] = isHidden ? '*' : scrubbed(item, isTrait || key === 'traits', depth + 1)
  }
  return kept
}

/**
 * The JSON of a refused message that may be kept: without identifiers, tokens and anything that looks like authentication
 * data. Empty where nothing may be kept, or where it would be too long to mend by hand.
 */
export function scrubOriginal(input: unknown): string {
  const text = JSON.stringify(scrubbed(input, false, 0)) ?? ''
  return text.length <= mostOriginalBytes && Buffer.byteLength(text) <= mostOriginalBytes ? text : ''
}
