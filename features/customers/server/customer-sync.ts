import { type Sql, sql } from '#platform/common/sql.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

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

/** After a first load of this many customers the planner is told; then whenever as many again have come. */
const firstAnalysis = 10_000

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
 * Copies customers to the warehouse. Marks are removed after the copy, so a crash between the two only repeats it; the
 * row's revision is the copy's version and says which marks it settles, so copies side by side end at the newest.
 */
export function createCustomerSync({ pg, ch }: { pg: Postgres; ch: ClickHouse }) {
  /** Copies the customers a query on `customer_sync AS s` names. */
  async function copy(marked: Sql): Promise<number> {
    const rows = await pg.query<CustomerRow>(sql`
      SELECT c.customer_id, c.customer_no, c.org_id, c.rm_staff_id, c.state, c.is_provisional, c.attributes, c.revision
      FROM (${marked}) AS m JOIN customer AS c ON c.customer_id = m.customer_id ORDER BY c.customer_id`)
    if (rows.length === 0) return 0
    await ch.insertBinary('customer', columns, encode(rows), { lane: 'load' })
    await pg.execute(sql`
      DELETE FROM customer_sync AS s
      USING unnest(${rows.map((row) => row.customer_id)}::bigint[], ${rows.map((row) => row.revision)}::bigint[])
        AS i(customer_id, revision)
      WHERE s.customer_id = i.customer_id AND s.revision <= i.revision`)
    return rows.length
  }

  let unanalysed = 0
  let nextAnalysis = firstAnalysis
  /** The server looks at a grown table only after a minute; until then lists would read all of it. */
  async function tellPlanner(copied: number): Promise<void> {
    unanalysed += copied
    if (unanalysed < nextAnalysis) return
    nextAnalysis += unanalysed
    unanalysed = 0
    await pg.execute(sql`ANALYZE customer, customer_identity, customer_owner, customer_sync`)
  }

  async function drain(): Promise<number> {
    let copied = 0
    for (;;) {
      const count = await copy(sql`
        SELECT DISTINCT s.customer_id FROM customer_sync AS s ORDER BY s.customer_id LIMIT ${batchSize}::int`)
      copied += count
      await tellPlanner(count)
      if (count < batchSize) return copied
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
        await copy(sql`
          SELECT DISTINCT s.customer_id FROM customer_sync AS s
          WHERE s.customer_id = ANY(${customerIds.slice(at, at + batchSize)}::bigint[])`)
      }
    },
  }
}
