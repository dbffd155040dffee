import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** A message without a time of its own. */
export type Receipt = { msg: Buffer; receivedMs: number }

const keptMs = 7 * 86_400_000
const roundSize = 20_000
const columns = [
  { name: 'msg', type: 'UUID' },
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'ver', type: 'UInt64' },
] as const

/** ClickHouse's UUID bytes as text. */
function uuidText(msg: Buffer): string {
  const hex = Buffer.concat([
    Buffer.from(msg.subarray(0, 8)).reverse(),
    Buffer.from(msg.subarray(8, 16)).reverse(),
  ]).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/**
 * When messages without a time of their own first came: a retry within 7 days gets the same time, so it lands on the
 * same key. Written before the messages themselves, so that a crash between the two changes nothing.
 */
export async function firstReceipts(ch: ClickHouse, receipts: readonly Receipt[]): Promise<number[]> {
  const texts = receipts.map((receipt) => uuidText(receipt.msg))
  const first = new Map<string, number>()
  for (let at = 0; at < texts.length; at += roundSize) {
    const rows = await ch.query<{ msg: string; at_ms: string }>(
      sql`SELECT r.msg AS msg, toUnixTimestamp64Milli(min(r.received_at)) AS at_ms FROM message_first_receipt AS r
        WHERE r.msg IN ${typed('Array(UUID)', texts.slice(at, at + roundSize))} GROUP BY r.msg`,
      { lane: 'load' },
    )
    for (const row of rows) first.set(row.msg, Number(row.at_ms))
  }
  const writer = createRowBinaryWriter()
  const times = receipts.map(({ msg, receivedMs }, index) => {
    const text = texts[index] ?? ''
    const known = first.get(text)
    if (known !== undefined && receivedMs - known <= keptMs) return Math.min(known, receivedMs)
    first.set(text, receivedMs)
    writer.fixedBytes(msg)
    writer.dateTime64Millis(receivedMs)
    writer.uint64(BigInt(receivedMs))
    return receivedMs
  })
  if (writer.length > 0)
    await ch.insertBinary('message_first_receipt', columns, writer.take(), { lane: 'load' })
  return times
}
