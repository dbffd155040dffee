import { isUtf8 } from 'node:buffer'
import { isTimeTaken, skewOf } from '#features/ingest/server/message-time.ts'
import {
  createPlainReader,
  type PlainMessage,
  type PlainReader,
} from '#features/ingest/server/plain-message.ts'
import { createPlainRows } from '#features/ingest/server/plain-rows.ts'
import { type Cursor, nextByte, scanText, skipObject, take } from '#features/ingest/server/plain-scan.ts'
import type { PlanFinding, PlanGate } from '#features/ingest/server/plan-gate.ts'

/** What the plan finds in so many messages. */
type Noted = { event: string; findings: readonly PlanFinding[]; count: number }

/** The messages of one body: rows of those that were plain, and all others as they came. */
export type PlainBatch = {
  total: number
  /** Rows as the warehouse takes them; they are overwritten by the next batch that is read. */
  rows: Buffer
  lengths: number[]
  others: { index: number; input: unknown }[]
  sentAt: string | undefined
  noted: Noted[]
}

type PlainReading = {
  source: string
  nowMs: number
  oldestMs: number | undefined
  plan: PlanGate | undefined
  findCustomer: (customerNo: string) => number | undefined
}

const mostSources = 100
const fewestMessages = 16

const none: readonly PlanFinding[] = []

function propsOf({ keys, values, valueCount }: PlainMessage, bytes: Buffer): [string, string][] {
  const props: [string, string][] = []
  for (let nth = 0; nth < valueCount; nth += 1)
    props.push([keys[nth]!.text, bytes.toString('utf8', values[nth * 2]!, values[nth * 2 + 1]!)])
  return props
}

/** What the plan finds in the message; undefined when that changes or refuses it. */
function findingsOf(message: PlainMessage, bytes: Buffer, { plan, source }: PlainReading) {
  if (!plan?.quiet) return none
  const isPlanned = plan.quiet.has(message.name.text)
  if (isPlanned)
    for (let nth = 0; nth < message.valueCount; nth += 1)
      if (plan.classOf(message.name.text, message.keys[nth]!.text)) return undefined
  const findings = plan.quiet.find(source, message.name.text, isPlanned ? propsOf(message, bytes) : [])
  return findings.length > 0 && plan.modeOf(source) === 'enforce' ? undefined : findings
}

/** Findings repeat from message to message. */
function addFindings(to: Noted[], event: string, findings: readonly PlanFinding[]): void {
  if (findings.length === 0) return
  const last = to.at(-1)
  if (last && last.event === event && last.findings === findings) last.count += 1
  else to.push({ event, findings, count: 1 })
}

/**
 * Reads bodies of `/v1/batch` where they lie. Most messages are plain: a track of a known customer, flat, without anything
 * that must be left out. Their bytes become rows without a text or object being made of them, in a fourth of the time.
 * All others are given back, to be read by the rules in full; what comes out is the same.
 */
export function createPlainBatches() {
  const out = createPlainRows()
  const readers = new Map<string, PlainReader>()

  function readerOf(source: string): PlainReader {
    let reader = readers.get(source)
    if (!reader) {
      if (readers.size >= mostSources) readers.clear()
      reader = createPlainReader(source)
      readers.set(source, reader)
    }
    return reader
  }

  /** Writes the row of the message at the cursor; false when it isn't plain. */
  function writePlain(
    reader: PlainReader,
    cursor: Cursor,
    batch: PlainBatch,
    reading: PlainReading,
  ): boolean {
    const message = reader.read(cursor)
    const customerId = message && reading.findCustomer(message.userNo)
    if (!message || customerId === undefined) return false
    if (!isTimeTaken(message.clientAtMs, reading)) return false
    const findings = findingsOf(message, cursor.bytes, reading)
    if (!findings) return false
    addFindings(batch.noted, message.name.text, findings)
    batch.lengths.push(out.add(message, cursor.bytes, customerId))
    return true
  }

  function readOther(cursor: Cursor, from: number): unknown {
    cursor.at = from
    if (!skipObject(cursor)) throw new RangeError('the body breaks off')
    return JSON.parse(cursor.bytes.toString('utf8', from, cursor.end))
  }

  /** The array of messages; false when it is none, or hardly anything in it is plain. */
  function readMessages(cursor: Cursor, batch: PlainBatch, reading: PlainReading): boolean {
    if (!take(cursor, 91)) return false
    if (nextByte(cursor) === 93) return take(cursor, 93)
    const reader = readerOf(reading.source)
    for (; ; batch.total += 1) {
      if (nextByte(cursor) !== 123) return false
      const from = cursor.at
      if (!writePlain(reader, cursor, batch, reading))
        batch.others.push({ index: batch.total, input: readOther(cursor, from) })
      if (batch.others.length >= fewestMessages && batch.others.length > batch.lengths.length) return false
      const next = nextByte(cursor)
      cursor.at += 1
      if (next === 44) continue
      batch.total += 1
      return next === 93
    }
  }

  function readBody(cursor: Cursor, batch: PlainBatch, reading: PlainReading): boolean {
    if (!take(cursor, 123)) return false
    const met = new Set<string>()
    for (;;) {
      if (!take(cursor, 34) || !scanText(cursor) || !take(cursor, 58)) return false
      const name = cursor.bytes.toString('latin1', cursor.start, cursor.end)
      if (met.has(name)) return false
      met.add(name)
      if (name === 'batch') {
        if (!readMessages(cursor, batch, reading)) return false
      } else if (name === 'sentAt' || name === 'writeKey') {
        if (!take(cursor, 34) || !scanText(cursor)) return false
        if (name === 'sentAt') batch.sentAt = cursor.bytes.toString('utf8', cursor.start, cursor.end)
      } else return false
      const next = nextByte(cursor)
      cursor.at += 1
      if (next === 44) continue
      return next === 125 && met.has('batch') && Number.isNaN(nextByte(cursor) ?? Number.NaN)
    }
  }

  return {
    /** The body's messages, or undefined when it is to be read in the usual way. Nothing else happens here. */
    read(body: Buffer, timeZone: string, reading: PlainReading): PlainBatch | undefined {
      if ((reading.plan && !reading.plan.quiet) || !isUtf8(body)) return undefined
      out.begin(reading)
      const rows = Buffer.alloc(0)
      const batch: PlainBatch = { total: 0, rows, lengths: [], others: [], sentAt: undefined, noted: [] }
      try {
        const cursor = { bytes: body, at: 0, start: 0, end: 0, digits: 0 }
        if (!readBody(cursor, batch, reading)) return undefined
      } catch {
        return undefined
      }
      // A wrong clock moves all times: rare, and left to the rules in full.
      if (skewOf(batch.sentAt, { nowMs: reading.nowMs, timeZone }) !== 0) return undefined
      return { ...batch, rows: out.view() }
    },
  }
}
