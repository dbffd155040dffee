import type { EventItem } from '#features/imports/server/items.ts'
import { messageUuid } from '#features/ingest/server/index.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

const columns: readonly BinaryColumn[] = [
  { name: 'name', type: 'String' },
  { name: 'customer_id', type: 'UInt32' },
  { name: 'msg', type: 'UUID' },
  { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'visitor', type: 'UInt64' },
  { name: 'source', type: 'String' },
  { name: 'props', type: 'Map(String, String)' },
  { name: 'ver', type: 'UInt64' },
  { name: 'is_deleted', type: 'UInt8' },
]

/** A UUID as ClickHouse's RowBinary has it: each half stands backwards. */
function uuidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 8).reverse()
  bytes.subarray(8, 16).reverse()
  return bytes
}

/**
 * Writes events of known customers straight into the warehouse. The message id is made of the data, so an import that is
 * repeated writes the same rows again, and they count once; the later import's properties count.
 */
export async function insertEvents(
  ch: ClickHouse,
  from: { source: string; receivedAtMs: number },
  events: readonly EventItem[],
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  const writer = createRowBinaryWriter(events.length * 256)
  for (const event of events) {
    writer.string(event.name)
    writer.uint32(ids.get(event.customerNo) ?? 0)
    writer.fixedBytes(uuidBytes(messageUuid(from.source, event.messageId)))
    writer.dateTime64Millis(event.atMs)
    writer.dateTime64Millis(from.receivedAtMs)
    writer.uint64({ hi: 0, lo: 0 })
    writer.string(from.source)
    writer.mapStringString(event.properties)
    writer.uint64(BigInt(from.receivedAtMs))
    writer.uint8(0)
  }
  await ch.insertBinary('event', columns, writer.take(), { lane: 'load' })
}
