import { sql } from '#platform/common/sql.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

type Mark = { sync_id: number; customer_id: number }
type CustomerRow = {
  customer_id: number
  customer_no: string
  org_id: number
  rm_staff_id: number | null
  state: string
  is_provisional: boolean
  attributes: Record<string, string>
  revision: number
}

const columns: readonly BinaryColumn[] = [
  { name: 'customer_id', type: 'UInt32' },
  { name: 'customer_no', type: 'String' },
  { name: 'org_id', type: 'UInt32' },
  { name: 'rm_staff_id', type: 'UInt32' },
  { name: 'state', type: 'String' },
  { name: 'is_provisional', type: 'UInt8' },
  { name: 'attributes', type: 'Map(String, String)' },
  { name: 'ver', type: 'UInt64' },
]

const batchSize = 20_000

const encode = (rows: readonly CustomerRow[]): Buffer => {
  const writer = createRowBinaryWriter(rows.length * 256)
  for (const row of rows) {
    writer.uint32(row.customer_id)
    writer.string(row.customer_no)
    writer.uint32(row.org_id)
    writer.uint32(row.rm_staff_id ?? 0)
    writer.string(row.state)
    writer.uint8(row.is_provisional ? 1 : 0)
    writer.mapStringString(row.attributes)
    writer.uint64(BigInt(row.revision))
  }
  return writer.take()
}

/**
 * Copies customers to the warehouse. The marks are read before the rows and removed after the copy, so a crash between
 * the two only repeats it; the row's revision is the copy's version, so copies side by side end at the newest.
 */
export function createCustomerSync({ pg, ch }: { pg: Postgres; ch: ClickHouse }) {
  async function copy(marks: readonly Mark[]): Promise<number> {
    const ids = [...new Set(marks.map((mark) => mark.customer_id))]
    if (ids.length === 0) return 0
    const rows = await pg.query<CustomerRow>(sql`
      SELECT c.customer_id, c.customer_no, c.org_id, c.rm_staff_id, c.state, c.is_provisional, c.attributes, c.revision
      FROM customer AS c WHERE c.customer_id = ANY(${ids}::bigint[]) ORDER BY c.customer_id`)
    await ch.insertBinary('customer', columns, encode(rows), { lane: 'load' })
    await pg.execute(sql`
      DELETE FROM customer_sync AS s WHERE s.sync_id = ANY(${marks.map((mark) => mark.sync_id)}::bigint[])`)
    return rows.length
  }

  async function drain(): Promise<number> {
    let copied = 0
    for (;;) {
      const marks = await pg.query<Mark>(sql`
        SELECT s.sync_id, s.customer_id FROM customer_sync AS s ORDER BY s.sync_id LIMIT ${batchSize}::int`)
      copied += await copy(marks)
      if (marks.length < batchSize) return copied
    }
  }

  let last: Promise<unknown> = Promise.resolve()
  return {
    /** Copies every marked customer; calls in one process wait for each other. */
    syncAll(): Promise<number> {
      const turn = last.then(drain)
      last = turn.catch(() => {})
      return turn
    },
    /** Copies those of the customers that are marked; when it returns, none of their committed changes is missing. */
    async syncSome(customerIds: readonly number[]): Promise<void> {
      for (let at = 0; at < customerIds.length; at += batchSize) {
        const some = customerIds.slice(at, at + batchSize)
        await copy(
          await pg.query<Mark>(sql`
            SELECT s.sync_id, s.customer_id FROM customer_sync AS s WHERE s.customer_id = ANY(${some}::bigint[])`),
        )
      }
    },
  }
}
