import { uuidText } from '#features/ingest/server/ids.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** A message whose client told no usable time: when it came, and when we say that it happened. */
export type Receipt = { msg: Buffer; receivedMs: number; momentMs: number }

const keptMs = 7 * 86_400_000
const roundSize = 20_000
const columns = [
  { name: 'msg', type: 'UUID' },
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'moment_at', type: "DateTime64(3, 'UTC')" },
  { name: 'ver', type: 'UInt64' },
] as const

type Known = { receivedMs: number; momentMs: number }

async function readKnown(ch: ClickHouse, msgs: readonly string[], known: Map<string, Known>): Promise<void> {
  const rows = await ch.query<{ msg: string; first_ms: string; moment_ms: string }>(
    sql`SELECT r.msg AS msg, toUnixTimestamp64Milli(min(r.received_at)) AS first_ms,
        toUnixTimestamp64Milli(argMin(r.moment_at, (r.received_at, r.moment_at))) AS moment_ms
      FROM message_first_receipt AS r WHERE r.msg IN ${typed('Array(UUID)', msgs)} GROUP BY r.msg`,
    { lane: 'load' },
  )
  for (const { msg, first_ms, moment_ms } of rows)
    known.set(msg, { receivedMs: Number(first_ms), momentMs: Number(moment_ms) })
}

/**
 * When messages without a usable time of their own happened, as their first receipt had it: a retry within 7 days gets
 * the same moment, so it lands on the same key and in the same month. Written before the messages themselves, so that a
 * crash between the two changes nothing.
 */
export async function firstMoments(ch: ClickHouse, receipts: readonly Receipt[]): Promise<number[]> {
  const texts = receipts.map((receipt) => uuidText(receipt.msg))
  const first = new Map<string, Known>()
  for (let at = 0; at < texts.length; at += roundSize)
    await readKnown(ch, texts.slice(at, at + roundSize), first)
  const writer = createRowBinaryWriter()
  const moments = receipts.map(({ msg, receivedMs, momentMs }, index) => {
    const text = texts[index] ?? ''
    const known = first.get(text)
    if (known !== undefined && receivedMs - known.receivedMs <= keptMs) return known.momentMs
    first.set(text, { receivedMs, momentMs })
    writer.fixedBytes(msg)
    writer.dateTime64Millis(receivedMs)
    writer.dateTime64Millis(momentMs)
    writer.uint64(BigInt(receivedMs))
    return momentMs
  })
  if (writer.length > 0)
    await ch.insertBinary('message_first_receipt', columns, writer.take(), { lane: 'load' })
  return moments
}
