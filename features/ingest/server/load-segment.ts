import { crc32 } from 'node:zlib'
import type { BindingStore } from '#features/ingest/server/binding-store.ts'
import { firstReceipts } from '#features/ingest/server/first-receipts.ts'
import type { LateBinding } from '#features/ingest/server/late-binding.ts'
import {
  type Proof,
  rejectColumns,
  type Spooled,
  type SpooledEvent,
  tailColumns,
  tailMsgAt,
  tailVerAt,
} from '#features/ingest/server/spool-record.ts'
import { ownerAt } from '#features/ingest/server/visitor-intervals.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** What loading needs of the customers feature. */
export type IngestCustomers = {
  resolveCustomerNos(
    customerNos: readonly string[],
    options: { createProvisional: boolean },
  ): Promise<Map<string, number>>
  mergeAttributes(
    rows: readonly { customerId: number; attributes: Readonly<Record<string, string>> }[],
  ): Promise<void>
}

export type LoadDeps = {
  ch: ClickHouse
  store: BindingStore
  lateBinding: LateBinding
  customers: IngestCustomers
  newVer: () => bigint
}

const occurredColumn = { name: 'occurred_at', type: "DateTime64(3, 'UTC')" }
const eventColumns: readonly BinaryColumn[] = [
  { name: 'customer_id', type: 'UInt32' },
  occurredColumn,
  ...tailColumns,
]
const anonymousColumns: readonly BinaryColumn[] = [occurredColumn, ...tailColumns]

/** A message with everything decided; `customerId` 0: nobody's yet. */
type Placed = { event: SpooledEvent; customerId: number; occurredMs: number }

/** Messages that brought no time get that of their first receipt. */
async function place(ch: ClickHouse, events: readonly SpooledEvent[], ids: ReadonlyMap<string, number>) {
  const timeless = events.filter((event) => !event.hasTime)
  const receipts = timeless.map(({ tail, timeMs }) => ({
    msg: tail.subarray(tailMsgAt, tailMsgAt + 16),
    receivedMs: timeMs,
  }))
  const times = receipts.length > 0 ? await firstReceipts(ch, receipts) : []
  let next = 0
  return events.map((event): Placed => {
    const customerId = event.customerNo === '' ? event.customerId : (ids.get(event.customerNo) ?? 0)
    const occurredMs = event.hasTime ? event.timeMs : (times[next++] ?? event.timeMs)
    return { event, customerId, occurredMs }
  })
}

async function resolve(customers: IngestCustomers, events: readonly SpooledEvent[]) {
  const customerNos = new Set<string>()
  for (const event of events) if (event.customerNo !== '') customerNos.add(event.customerNo)
  if (customerNos.size === 0) return new Map<string, number>()
  return customers.resolveCustomerNos([...customerNos], { createProvisional: true })
}

const isBinding = (
  placed: Placed,
): placed is Placed & { event: { binding: { visitor: bigint; proof: Proof } } } =>
  placed.event.binding !== undefined && placed.customerId !== 0

async function bind(store: BindingStore, placed: readonly Placed[]): Promise<number> {
  const proofs = placed.filter(isBinding).map(({ event, customerId, occurredMs }) => ({
    visitor: event.binding.visitor,
    moment: { customerId, atMs: occurredMs, proof: event.binding.proof },
  }))
  return proofs.length > 0 ? store.bind(proofs) : 0
}

async function mergeTraits(customers: IngestCustomers, placed: readonly Placed[]): Promise<void> {
  const rows = placed
    .filter(({ event, customerId }) => event.traits && customerId !== 0)
    .map(({ event, customerId }) => ({ customerId, attributes: Object.fromEntries(event.traits ?? []) }))
  if (rows.length > 0) await customers.mergeAttributes(rows)
}

/** Rows for the two tables; a bound visitor's message goes to both, as late binding would have copied it. */
async function encode(deps: LoadDeps, placed: readonly Placed[], bytes: number) {
  const visitors = new Set<bigint>()
  for (const { event } of placed) if (event.isVisitor) visitors.add(event.visitor)
  const intervals = await deps.store.intervalsOf(visitors)
  const toEvent = createRowBinaryWriter(bytes + placed.length * 12)
  const toAnonymous = createRowBinaryWriter(visitors.size > 0 ? bytes : 64)
  const copyVer = deps.newVer()
  for (const { event, customerId, occurredMs } of placed) {
    if (event.isVisitor) {
      toAnonymous.dateTime64Millis(occurredMs)
      toAnonymous.fixedBytes(event.tail)
      const owner = ownerAt(intervals.get(event.visitor) ?? [], occurredMs)
      if (owner === undefined) continue
      toEvent.uint32(owner)
      toEvent.dateTime64Millis(occurredMs)
      toEvent.fixedBytes(event.tail.subarray(0, tailVerAt))
      toEvent.uint64(copyVer)
      toEvent.fixedBytes(event.tail.subarray(tailVerAt + 8))
    } else if (customerId !== 0) {
      toEvent.uint32(customerId)
      toEvent.dateTime64Millis(occurredMs)
      toEvent.fixedBytes(event.tail)
    }
  }
  return { event: toEvent.take(), anonymous: toAnonymous.take() }
}

/**
 * Loads one segment's records. Every step may be repeated: keys come from values equal on every retry, so whatever a
 * crash cut off is simply done again. The token saves the engine that work where the rows are the same to the byte;
 * where identity has changed since they are not, and the key decides.
 */
export async function loadRecords(
  deps: LoadDeps,
  segmentId: string,
  spooled: Spooled,
  bytes: number,
): Promise<void> {
  const { ch, customers } = deps
  const insert = async (table: string, columns: readonly BinaryColumn[], body: Buffer) => {
    if (body.length === 0) return
    const token = `${segmentId}:${table}:${body.length}:${crc32(body)}`
    await ch.insertBinary(table, columns, body, { lane: 'load', token })
  }
  const placed = await place(ch, spooled.events, await resolve(customers, spooled.events))
  const newBindings = await bind(deps.store, placed)
  const bodies = await encode(deps, placed, bytes)
  await insert('event_anonymous', anonymousColumns, bodies.anonymous)
  await insert('event', eventColumns, bodies.event)
  if (newBindings > 0) await deps.lateBinding.applyAll()
  await mergeTraits(customers, placed)
  if (spooled.rejects.length > 0) await insert('event_reject', rejectColumns, Buffer.concat(spooled.rejects))
}
