import { hash } from 'node:crypto'
import type { ProfileChange, ProfileOperations } from '#features/customers/server/index.ts'
import type { BindingStore } from '#features/ingest/server/binding-store.ts'
import { firstMoments } from '#features/ingest/server/first-receipts.ts'
import type { IdentityCustomers } from '#features/ingest/server/identity.ts'
import type { IdentityLoading } from '#features/ingest/server/identity-loading.ts'
import { uuidText } from '#features/ingest/server/ids.ts'
import { insertRows, type RowBatch } from '#features/ingest/server/insert-rows.ts'
import type { KnownCustomers } from '#features/ingest/server/known-customers.ts'
import type { RateDoor } from '#features/ingest/server/rate-store.ts'
import { customersOfReady, readString, type Spooled, splitReady } from '#features/ingest/server/spool-read.ts'
import {
  rejectColumns,
  type SpooledEvent,
  tailColumns,
  tailMsgAt,
  tailReceivedAt,
  tailVerAt,
  writeRejectRow,
} from '#features/ingest/server/spool-record.ts'
import { createTouchRows } from '#features/ingest/server/touch-rows.ts'
import type { Touches } from '#features/ingest/server/touch-store.ts'
import { ownerAt } from '#features/ingest/server/visitor-intervals.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** What loading needs of the customers feature. */
export type IngestCustomers = IdentityCustomers & {
  resolveCustomerNos(
    customerNos: readonly string[],
    options: { createProvisional: boolean },
  ): Promise<Map<string, number>>
}

export type LoadDeps = {
  ch: ClickHouse
  store: Pick<BindingStore, 'intervalsOf' | 'homeOf'>
  identity: Pick<IdentityLoading, 'identify' | 'copyVer' | 'settle'>
  customers: IngestCustomers
  profiles: Pick<ProfileOperations, 'apply'>
  known: Pick<KnownCustomers, 'learn'>
  rates?: RateDoor | undefined
  touches: Touches
}

const timeColumns: readonly BinaryColumn[] = [
  { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
  { name: 'client_at', type: "DateTime64(3, 'UTC')" },
]
const eventColumns: readonly BinaryColumn[] = [
  { name: 'customer_id', type: 'UInt32' },
  ...timeColumns,
  ...tailColumns,
]
const anonymousColumns: readonly BinaryColumn[] = [...timeColumns, ...tailColumns]
/** Bytes in front of the tail in a row of each table. */
const eventTailAt = 20
const anonymousTailAt = 16

/** A message with everything decided; `customerId` 0: nobody's yet. */
type Placed = { event: SpooledEvent; customerId: number; occurredMs: number; clientMs: number }

/** Messages without a time of the client's that could be used get that of their first receipt. */
async function place(ch: ClickHouse, events: readonly SpooledEvent[], ids: ReadonlyMap<string, number>) {
  const receipts = events
    .filter((event) => !event.hasTime)
    .map(({ tail, timeMs }) => ({
      msg: tail.subarray(tailMsgAt, tailMsgAt + 16),
      receivedMs: Number(tail.readBigInt64LE(tailReceivedAt)),
      momentMs: timeMs,
    }))
  const times = receipts.length > 0 ? await firstMoments(ch, receipts) : []
  let next = 0
  return events.map((event): Placed => {
    const customerId = event.customerNo === '' ? event.customerId : (ids.get(event.customerNo) ?? 0)
    if (event.hasTime) return { event, customerId, occurredMs: event.timeMs, clientMs: event.clientMs }
    const firstMs = times[next++] ?? event.timeMs
    return { event, customerId, occurredMs: firstMs, clientMs: firstMs }
  })
}

async function resolve({ customers, known }: LoadDeps, events: readonly SpooledEvent[]) {
  const customerNos = new Set<string>()
  for (const event of events) if (event.customerNo !== '') customerNos.add(event.customerNo)
  if (customerNos.size === 0) return new Map<string, number>()
  const ids = await customers.resolveCustomerNos([...customerNos], { createProvisional: true })
  known.learn(ids)
  return ids
}

const profileChanges = (placed: readonly Placed[]): ProfileChange[] =>
  placed.flatMap(({ event, customerId, clientMs }): ProfileChange[] => {
    if (!event.profile || customerId === 0) return []
    const { operation, traits } = event.profile
    const msg = uuidText(event.tail.subarray(tailMsgAt, tailMsgAt + 16))
    return [{ customerId, msg, atMs: clientMs, operation, attributes: traits }]
  })

/** Rows of one table as they are written, with their beginnings. */
function createRows(bytes: number) {
  const writer = createRowBinaryWriter(bytes)
  const starts: number[] = []
  return {
    writer,
    begin: () => void starts.push(writer.length),
    take(): RowBatch {
      const fresh = writer.take()
      const split = () => starts.map((start, nth) => fresh.subarray(start, starts[nth + 1]))
      return { fresh, stored: [], split }
    },
  }
}

/** Rows for the two tables; a bound visitor's message goes to both, as late binding would have copied it. */
async function encode(deps: LoadDeps, placed: readonly Placed[]) {
  const visitors = new Set<bigint>()
  let bytes = 64
  for (const { event } of placed) {
    if (event.isVisitor) visitors.add(event.visitor)
    bytes += event.tail.length + eventTailAt
  }
  const intervals = await deps.store.intervalsOf(visitors)
  const toEvent = createRows(bytes)
  const toAnonymous = createRows(visitors.size > 0 ? bytes : 64)
  const copyVer = deps.identity.copyVer()
  for (const { event, customerId, occurredMs, clientMs } of placed) {
    const owner = event.isVisitor ? ownerAt(intervals.get(event.visitor) ?? [], occurredMs) : customerId
    if (event.isVisitor) {
      toAnonymous.begin()
      toAnonymous.writer.dateTime64Millis(occurredMs)
      toAnonymous.writer.dateTime64Millis(clientMs)
      toAnonymous.writer.fixedBytes(event.tail)
    }
    if (!owner) continue
    toEvent.begin()
    toEvent.writer.uint32(event.isVisitor ? deps.store.homeOf(owner) : owner)
    toEvent.writer.dateTime64Millis(occurredMs)
    toEvent.writer.dateTime64Millis(clientMs)
    if (event.isVisitor) {
      toEvent.writer.fixedBytes(event.tail.subarray(0, tailVerAt))
      toEvent.writer.uint64(copyVer)
      toEvent.writer.fixedBytes(event.tail.subarray(tailVerAt + 8))
    } else toEvent.writer.fixedBytes(event.tail)
  }
  return { event: toEvent.take(), anonymous: toAnonymous.take() }
}

/** Tells streaming of whom the segment's rows are, wherever they were counted when they were written. */
async function tellTouched({ store, touches }: LoadDeps, placed: readonly Placed[], spooled: Spooled) {
  if (!(await touches.isNeeded())) return
  const rows = createTouchRows()
  const visitors = new Set<bigint>()
  for (const { event } of placed) if (event.isVisitor) visitors.add(event.visitor)
  const intervals = await store.intervalsOf(visitors)
  for (const { event, customerId, occurredMs } of placed) {
    const owner = event.isVisitor ? ownerAt(intervals.get(event.visitor) ?? [], occurredMs) : customerId
    if (owner) rows.addEvent(event.tail, store.homeOf(owner))
  }
  for (const one of spooled.ready) rows.addReady(one, store.homeOf)
  await touches.note(rows.take())
}

/** What the warehouse refuses is told among the rejects, without a copy. */
function refusedRow(row: Buffer, tailAt: number, receivedAtMs: number): Buffer {
  const tail = row.subarray(tailAt)
  const name = readString(tail, tailVerAt + 8)
  const digest = hash('sha256', row, 'hex')
  const writer = createRowBinaryWriter(256)
  writeRejectRow(writer, {
    rejectId: `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${digest.slice(12, 16)}-${digest.slice(16, 20)}-${digest.slice(20, 32)}`,
    receivedAtMs,
    source: readString(tail, name.end).text,
    protocol: '',
    event: name.text,
    original: '',
    messageId: uuidText(tail.subarray(tailMsgAt, tailMsgAt + 16)),
    code: 'WAREHOUSE_REFUSED',
    path: '',
    detail: `the warehouse refuses the row; its SHA-256 is ${digest}`,
  })
  return writer.take()
}

const receivedAtOf = (row: Buffer, tailAt: number): number =>
  Number(row.readBigInt64LE(tailAt + tailMsgAt + 16))

/**
 * Loads one segment's records. Every step may be repeated: keys come from values equal on every retry, so whatever a
 * crash cut off is simply done again; where identity has changed since, rows are not the same, and the key decides. Gives
 * how many rows the warehouse refused.
 */
export async function loadRecords(deps: LoadDeps, segmentId: string, spooled: Spooled): Promise<number> {
  const { ch } = deps
  const placed = await place(ch, spooled.events, await resolve(deps, spooled.events))
  const identified = await deps.identity.identify(placed)
  const { event, anonymous } = await encode(deps, placed)
  const refused: Buffer[] = []
  const insert = async (table: string, columns: readonly BinaryColumn[], batch: RowBatch, tailAt: number) => {
    for (const row of await insertRows(ch, { table, columns, segmentId }, batch))
      refused.push(refusedRow(row, tailAt, receivedAtOf(row, tailAt)))
  }
  await insert('event_anonymous', anonymousColumns, anonymous, anonymousTailAt)
  const all: RowBatch = {
    fresh: event.fresh,
    stored: spooled.ready.map((one) => one.rows),
    split: () => [...event.split(), ...spooled.ready.flatMap(splitReady)],
  }
  await insert('event', eventColumns, all, eventTailAt)
  const isMerged = (customerId: number) => deps.store.homeOf(customerId) !== customerId
  const readyIds = spooled.ready.flatMap((one) => [...customersOfReady(one, isMerged)])
  const customerIds = new Set([...identified.customerIds, ...readyIds])
  await deps.identity.settle({ ...identified, customerIds })
  const changes = profileChanges(placed)
  await deps.profiles.apply(changes)
  const rejects = [...spooled.rejects, ...refused]
  const rejectTarget = { table: 'event_reject', columns: rejectColumns, segmentId }
  await insertRows(ch, rejectTarget, { fresh: Buffer.concat(rejects), stored: [], split: () => rejects })
  await deps.touches.noteAny(changes.map((change) => change.customerId))
  await tellTouched(deps, placed, spooled)
  await deps.rates?.note(segmentId, spooled.tallies)
  return refused.length
}
