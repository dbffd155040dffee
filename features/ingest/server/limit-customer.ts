import { randomBytes } from 'node:crypto'
import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import type { MessageIdentity } from '#features/ingest/server/identify-message.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

/** What one customer, or one device nobody is known of, may send through one source, in one process. */
export const defaultCustomerRate = { trusted: 20_000, public: 200 } as const

/** A bucket holds this many seconds: a phone that was off line, or a server that brings a customer's past, gets through. */
const burstSeconds = 25
const setBits = 14
const ways = 4

const tooMany: Problem = {
  code: 'CUSTOMER_RATE_LIMITED',
  path: '',
  detail: 'this customer or device sends more events than one may; it is kept among the rejects',
}

type Who = Pick<MessageIdentity, 'customerNo' | 'visitor'>

/**
 * Keeps one hot customer from using up what all share. Buckets lie in a table of fixed size and nothing is allocated, for
 * it is asked for every message; where a place is wanted, the fullest bucket goes, which is the one that says least.
 */
export function createCustomerLimits() {
  const places = (1 << setBits) * ways
  const marks = new Uint32Array(places)
  const tokens = new Float64Array(places)
  const seenAtMs = new Float64Array(places)
  // Nobody outside can choose ids that share a bucket.
  const seed = randomBytes(8)
  const [seedOne, seedTwo] = [seed.readInt32LE(0) | 1, seed.readInt32LE(4) | 1]
  let setHash = 0
  let markHash = 0
  let lastKey: WriteKey | undefined
  let [setOfSource, markOfSource] = [seedOne, seedTwo]

  function mixText(text: string): void {
    let [one, two] = [setHash, markHash]
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      one = Math.imul(one ^ code, 0x01000193)
      two = Math.imul((two << 5) ^ (two >>> 27) ^ code, 0x85ebca6b)
    }
    setHash = one ^ (one >>> 15)
    markHash = two ^ (two >>> 13)
  }

  function hashOf(key: WriteKey, { customerNo, visitor }: Who): void {
    if (key !== lastKey) {
      setHash = seedOne
      markHash = seedTwo
      mixText(key.source)
      lastKey = key
      setOfSource = setHash
      markOfSource = markHash
    }
    setHash = setOfSource
    markHash = markOfSource
    if (customerNo !== '') {
      mixText(customerNo)
      return
    }
    setHash = Math.imul(setHash ^ visitor.lo, seedTwo)
    setHash ^= setHash >>> 15
    markHash = Math.imul(markHash ^ visitor.hi, seedOne)
  }

  const filled = (place: number, rate: number, nowMs: number): number => {
    const passedMs = Math.max(0, nowMs - (seenAtMs[place] ?? 0))
    return Math.min(rate * burstSeconds, (tokens[place] ?? 0) + (passedMs * rate) / 1000)
  }

  /** Where this one's bucket lies; a new one is full. */
  function placeOf(rate: number, nowMs: number): number {
    const mark = markHash >>> 0 || 1
    const first = ((setHash >>> 0) & ((1 << setBits) - 1)) * ways
    let fullest = first
    let most = -1
    for (let place = first; place < first + ways; place += 1) {
      if (marks[place] === mark) return place
      const left = marks[place] === 0 ? Number.POSITIVE_INFINITY : filled(place, rate, nowMs)
      if (left > most) {
        most = left
        fullest = place
      }
    }
    marks[fullest] = mark
    tokens[fullest] = rate * burstSeconds
    seenAtMs[fullest] = nowMs
    return fullest
  }

  return {
    /** Takes one event out of the bucket of whom it is of; a problem when that is empty. */
    take(key: WriteKey, identity: Who, nowMs: number): Problem | undefined {
      const rate = key.limits?.customerEventsPerSecond ?? defaultCustomerRate[key.kind]
      hashOf(key, identity)
      const place = placeOf(rate, nowMs)
      const left = filled(place, rate, nowMs)
      seenAtMs[place] = nowMs
      tokens[place] = left < 1 ? left : left - 1
      return left < 1 ? tooMany : undefined
    },
  }
}

export type CustomerLimits = ReturnType<typeof createCustomerLimits>
