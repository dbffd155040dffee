import { createCustomerBitmaps } from '#features/customers/server/customer-bitmaps.ts'
import { readHomes } from '#features/customers/server/customer-homes.ts'
import type { FreshCopies, WarehouseCustomer } from '#features/customers/server/fresh-copies.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

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

const encode = (rows: readonly WarehouseCustomer[]): Buffer => {
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
export function createCustomerSync(deps: { pg: Postgres; ch: ClickHouse; fresh?: FreshCopies }) {
  const { pg, ch, fresh } = deps
  const bitmaps = createCustomerBitmaps(deps)

  /** A number counted under another is nobody of its own: asked after the copy, so that no merge slips in between. */
  async function removeMerged(customerIds: readonly number[]): Promise<void> {
    const merged = [...(await readHomes(pg, customerIds)).keys()]
    if (merged.length === 0) return
    await ch.command(sql`DELETE FROM customer WHERE customer_id IN ${typed('Array(UInt32)', merged)}`, {
      lane: 'load',
    })
  }

  const readRows = (where: Sql) =>
    pg.query<WarehouseCustomer>(sql`
      SELECT c.customer_id, c.customer_no, c.org_id, c.rm_staff_id, c.state, c.is_provisional, c.attributes, c.revision
      FROM customer AS c WHERE ${where} ORDER BY c.customer_id`)

  async function write(rows: readonly WarehouseCustomer[]): Promise<void> {
    const ids = rows.map((row) => row.customer_id)
    await bitmaps.touch(ids)
    await ch.insertBinary('customer', columns, encode(rows), { lane: 'load' })
    await removeMerged(ids)
  }

  /** Copies the oldest batches of new customers; gives how many customers, 0 when there is none left. */
  async function copyRanges(): Promise<number> {
    const ranges = await pg.query<{ batch_id: string; first_id: number; last_id: number }>(sql`
      SELECT r.batch_id, r.first_id, r.last_id FROM customer_sync_range AS r ORDER BY r.first_id LIMIT 4`)
    let copied = 0
    for (const { batch_id, first_id, last_id } of ranges) {
      const rows =
        fresh?.find(batch_id) ??
        (await readRows(sql`c.customer_id BETWEEN ${first_id}::bigint AND ${last_id}::bigint`))
      if (rows.length > 0) await write(rows)
      await pg.execute(sql`DELETE FROM customer_sync_range AS r WHERE r.batch_id = ${batch_id}::uuid`)
      fresh?.forget(batch_id)
      copied += rows.length
    }
    return copied
  }

  /** Copies the customers a query on `customer_sync AS s` names. */
  async function copy(marked: Sql): Promise<number> {
    const rows = await readRows(sql`c.customer_id IN (${marked})`)
    if (rows.length === 0) return 0
    await write(rows)
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
    for (let count = await copyRanges(); count > 0; count = await copyRanges()) {
      copied += count
      await tellPlanner(count)
    }
    for (;;) {
      const count = await copy(sql`
        SELECT DISTINCT s.customer_id FROM customer_sync AS s ORDER BY s.customer_id LIMIT ${batchSize}::int`)
      copied += count
      await tellPlanner(count)
      if (count >= batchSize) continue
      await bitmaps.settleIfMany()
      return copied
    }
  }

  let last: Promise<unknown> = Promise.resolve()
  return {
    /** Works all that was copied into the bitmaps of customers now; by itself it happens when enough has changed. */
    settle: bitmaps.settle,
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
        await copy(sql`
          SELECT s.customer_id FROM customer_sync AS s WHERE s.customer_id = ANY(${some}::bigint[])
          UNION SELECT i.customer_id FROM unnest(${some}::bigint[]) AS i(customer_id)
          JOIN customer_sync_range AS r ON i.customer_id BETWEEN r.first_id AND r.last_id`)
        await pg.execute(sql`
          DELETE FROM customer_sync_range AS r
          WHERE r.last_id - r.first_id < ${some.length}::bigint AND r.last_id - r.first_id + 1 =
            (SELECT count(*) FROM unnest(${some}::bigint[]) AS i(id) WHERE i.id BETWEEN r.first_id AND r.last_id)`)
      }
    },
  }
}
