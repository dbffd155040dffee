export type ProfileOperationName = 'set' | 'setOnce' | 'increment' | 'append' | 'unset'

/** What one message does to one attribute. */
export type AttributeOperation = {
  msg: string
  /** By the client's clock. */
  atMs: number
  operation: ProfileOperationName
  value: string
}

/** How long, by the client's clock, a message that comes late still counts where it adds to a value. */
export const keptMs = 90 * 86_400_000
/** Most operations remembered of one attribute; older ones become one value. */
export const mostKept = 1_000
const mostListed = 1_000

const compare = (a: AttributeOperation, b: AttributeOperation): number =>
  a.atMs - b.atMs || (a.msg < b.msg ? -1 : a.msg > b.msg ? 1 : 0)

const isBase = ({ operation }: AttributeOperation): boolean => operation === 'set' || operation === 'unset'

/** Adds decimals as people write them, without the tails of binary fractions. */
function addNumbers(left: string | undefined, right: string): string {
  const [a, b] = [Number(left ?? 0), Number(right)]
  const sum = (Number.isFinite(a) ? a : 0) + b
  return String(Number(sum.toPrecision(15)))
}

function listOf(text: string | undefined): unknown[] {
  if (text === undefined || text === '') return []
  if (!text.startsWith('[')) return [text]
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : [text]
  } catch {
    return [text]
  }
}

/** A list without repetitions, the oldest first. */
const appended = (list: string | undefined, added: string): string => {
  const all = [...listOf(list), ...listOf(added)].map((item) => JSON.stringify(item))
  return `[${[...new Set(all)].slice(-mostListed).join(',')}]`
}

function applyOne(
  value: string | undefined,
  { operation, value: given }: AttributeOperation,
): string | undefined {
  if (operation === 'set') return given
  if (operation === 'unset') return undefined
  if (operation === 'setOnce') return value ?? given
  return operation === 'increment' ? addNumbers(value, given) : appended(value, given)
}

/** The value after operations in the order of their times. */
export const foldOperations = (operations: readonly AttributeOperation[]): string | undefined =>
  operations.reduce<string | undefined>(applyOne, undefined)

const nilMsg = '00000000-0000-0000-0000-000000000000'

const baseOf = (value: string | undefined, at: AttributeOperation | undefined): AttributeOperation => ({
  ...{ msg: at?.msg ?? nilMsg, atMs: at?.atMs ?? 0, value: value ?? '' },
  operation: value === undefined ? 'unset' : 'set',
})

/** Old operations as the one value they came to. */
function compacted(operations: AttributeOperation[], nowMs: number): AttributeOperation[] {
  const young = operations.findIndex((one) => one.atMs >= nowMs - keptMs)
  const old = Math.max(young < 0 ? operations.length : young, operations.length - mostKept)
  if (old < 2) return operations
  return [baseOf(foldOperations(operations.slice(0, old)), operations[old - 1]), ...operations.slice(old)]
}

/**
 * What is remembered of an attribute after more messages, in any order, however often each comes. `current` is the value
 * the customer has now: where it isn't what the operations made, somebody else (an import) has set it since.
 */
export function mergeOperations(
  known: readonly AttributeOperation[],
  incoming: readonly AttributeOperation[],
  current: string | undefined,
  nowMs: number,
): AttributeOperation[] {
  const before = [...known].sort(compare)
  const start = foldOperations(before) === current ? before : [baseOf(current, before.at(-1))]
  const all = new Map(start.map((one) => [one.msg, one]))
  for (const one of incoming) if (!all.has(one.msg)) all.set(one.msg, one)
  const sorted = [...all.values()].sort(compare)
  return compacted(sorted.slice(Math.max(0, sorted.findLastIndex(isBase))), nowMs)
}
