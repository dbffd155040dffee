import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Which generation of bitmaps counts for which chunk; of other chunks only rows tell. */
export type CustomerBase = { chunks: readonly number[]; generations: readonly number[] }
/** What a query on customers in bitmaps has to look at beside them. */
export type CustomerUniverse = CustomerBase & { hasTouched: boolean; hasUnbased: boolean }

const jobs = { lane: 'jobs' } as const
/** A settling leaves out customers whose copy is under way; with more of them it waits for the next time. */
const mostPending = 100_000
/** Settling reads whole chunks: it is worth it for so many customers, or for a twentieth of all. */
const fewestTouched = 10_000
const shareTouched = 20

/** The chunk of a customer, written so that the engine reads only the key ranges asked for. */
export const chunkSql = (column: Sql, chunkBits: number): Sql =>
  sql`intDiv(${column}, ${typed('UInt32', 2 ** chunkBits)})`

/** The generation that counts for a chunk, 0 where there is none. */
const generationOf = (chunk: Sql, { chunks, generations }: CustomerBase): Sql =>
  chunks.length === 0
    ? sql`toUInt64(0)`
    : sql`transform(toUInt32(${chunk}), ${typed('Array(UInt32)', chunks)}, ${typed('Array(UInt64)', generations)}, toUInt64(0))`

/** Whether a row of customer_touched with the alias t tells of something later than the bitmaps of its chunk. */
export const isTouchedSql = (base: CustomerBase, chunkBits: number): Sql =>
  sql`t.seq > ${generationOf(chunkSql(sql`t.customer_id`, chunkBits), base)}`

/** Whether a row of customer_bitmap with the alias m is of the generation that counts. */
export const isCurrentSql = (base: CustomerBase): Sql =>
  sql`m.generation = ${generationOf(sql`m.chunk`, base)}`

/** Whether a customer lies in a chunk without bitmaps: as ranges of ids, so that nothing else is read. */
export function isUnbasedSql(column: Sql, { chunks }: CustomerBase, chunkBits: number): Sql {
  const sorted = [...chunks].sort((one, other) => one - other)
  let condition = sql`0`
  let next = 0
  for (const chunk of [...sorted, 2 ** (32 - chunkBits)]) {
    if (chunk > next) {
      const [from, to] = [next * 2 ** chunkBits, chunk * 2 ** chunkBits - 1]
      condition = sql`${condition} OR (${column} >= ${typed('UInt32', from)} AND ${column} <= ${typed('UInt32', to)})`
    }
    next = chunk + 1
  }
  return sql`(${condition})`
}

async function readBase(ch: ClickHouse): Promise<CustomerBase> {
  const row = await ch.first<{ chunks: number[]; generations: string[] }>(sql`
    SELECT groupArray(b.chunk) AS chunks, groupArray(b.generation) AS generations FROM customer_base AS b FINAL`)
  return { chunks: row?.chunks ?? [], generations: (row?.generations ?? []).map(Number) }
}

/** What the bitmaps of customers are worth now. */
export async function readCustomerUniverse(ch: ClickHouse): Promise<CustomerUniverse> {
  const base = await readBase(ch)
  if (base.chunks.length === 0) return { ...base, hasTouched: false, hasUnbased: true }
  const row = await ch.first<{ touched: number; unbased: number }>(sql`
    SELECT (SELECT count() > 0 FROM (
        SELECT 1 FROM customer_touched AS t WHERE ${isTouchedSql(base, ch.chunkBits)} LIMIT 1)) AS touched,
      (SELECT count() > 0 FROM (
        SELECT 1 FROM customer AS c WHERE ${isUnbasedSql(sql`c.customer_id`, base, ch.chunkBits)} LIMIT 1)) AS unbased`)
  return { ...base, hasTouched: Boolean(row?.touched), hasUnbased: Boolean(row?.unbased) }
}

/**
 * Keeps the bitmaps of customers in step with their copy in the warehouse. Whoever copies customers says so first: until a
 * settling works the new rows into bitmaps of a next generation, readers take these customers' rows instead.
 */
export function createCustomerBitmaps({ pg, ch }: { pg: Postgres; ch: ClickHouse }) {
  const nextSeq = async (): Promise<number> =>
    (await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`))?.id ?? 0

  async function insertTouched(customerIds: readonly number[], seq: number): Promise<void> {
    const writer = createRowBinaryWriter(customerIds.length * 12)
    for (const id of customerIds) {
      writer.uint32(id)
      writer.uint64(BigInt(seq))
    }
    const columns = [
      { name: 'customer_id', type: 'UInt32' },
      { name: 'seq', type: 'UInt64' },
    ]
    if (customerIds.length > 0)
      await ch.insertBinary('customer_touched', columns, writer.take(), { lane: 'load' })
  }

  /** Customers whose copy may be under way: their marks go only when it is done. */
  const readPending = async (): Promise<number[]> =>
    (
      await pg.query<{ id: number }>(sql`
        SELECT p.id FROM (
          SELECT s.customer_id AS id FROM customer_sync AS s
          UNION SELECT g FROM customer_sync_range AS r, generate_series(r.first_id, r.last_id) AS g) AS p
        LIMIT ${mostPending + 1}::int`)
    ).map((row) => row.id)

  const changedChunks = async (shard: ClickHouse, base: CustomerBase): Promise<number[]> => {
    const chunk = (column: Sql) => chunkSql(column, ch.chunkBits)
    const rows = await shard.query<{ chunk: number }>(
      sql`
        SELECT DISTINCT toUInt32(${chunk(sql`t.customer_id`)}) AS chunk FROM customer_touched AS t
        WHERE ${isTouchedSql(base, ch.chunkBits)}
        UNION DISTINCT SELECT DISTINCT toUInt32(${chunk(sql`c.customer_id`)}) AS chunk FROM customer AS c
        WHERE ${isUnbasedSql(sql`c.customer_id`, base, ch.chunkBits)}`,
      jobs,
    )
    return rows.map((row) => row.chunk)
  }

  const writeBitmaps = (shard: ClickHouse, chunks: readonly number[], generation: number): Promise<void> =>
    shard.command(
      sql`
        INSERT INTO customer_bitmap (kind, id, chunk, generation, members)
        SELECT k.1 AS kind, k.2 AS id, ${chunkSql(sql`c.customer_id`, ch.chunkBits)} AS chunk, ${typed('UInt64', generation)},
          groupBitmapState(c.customer_id)
        FROM customer AS c FINAL
        ARRAY JOIN [('all', toUInt32(0)), ('org', c.org_id), ('rm', c.rm_staff_id)] AS k
        WHERE ${chunkSql(sql`c.customer_id`, ch.chunkBits)} IN ${typed('Array(UInt32)', chunks)}
        GROUP BY kind, id, chunk`,
      jobs,
    )

  /** What the generation before the one that counts had is nobody's any more; the one before may still be read. */
  async function cleanUp(before: CustomerBase): Promise<void> {
    if (before.chunks.length === 0) return
    const [touched, bitmaps] = [chunkSql(sql`customer_id`, ch.chunkBits), sql`chunk`]
    await ch.command(
      sql`ALTER TABLE customer_touched DELETE WHERE seq <= ${generationOf(touched, before)}`,
      jobs,
    )
    await ch.command(
      sql`ALTER TABLE customer_bitmap DELETE WHERE generation < ${generationOf(bitmaps, before)}`,
      jobs,
    )
  }

  /**
   * Works everything copied before now into bitmaps; false when too many copies are under way. A copy that began before
   * `generation` was drawn is either done by the time the marks are read, and then its rows are in the bitmaps, or its mark
   * is among them, and then its customers are touched anew. Killed anywhere, the generation before still counts.
   */
  async function settle(): Promise<boolean> {
    const before = await readBase(ch)
    const generation = await nextSeq()
    const pending = await readPending()
    if (pending.length > mostPending) return false
    const chunksOf = await ch.onEachShard(
      async (shard) => {
        const chunks = await changedChunks(shard, before)
        if (chunks.length > 0) await writeBitmaps(shard, chunks, generation)
        return chunks
      },
      { writes: true },
    )
    await insertTouched(pending, await nextSeq())
    const rows = chunksOf.flat().map((chunk) => ({ chunk, generation }))
    if (rows.length > 0) await ch.insertRows('customer_base', rows, jobs)
    await cleanUp(before)
    return true
  }

  let touched = 0
  let settleAt = fewestTouched
  return {
    settle,
    /** Says that these customers' rows are about to be written. */
    async touch(customerIds: readonly number[]): Promise<void> {
      await insertTouched(customerIds, await nextSeq())
      touched += customerIds.length
    },
    /** Settles when enough has been touched. */
    async settleIfMany(): Promise<void> {
      if (touched < settleAt) return
      const row = await ch.first<{ n: string }>(sql`SELECT count() AS n FROM customer AS c`)
      settleAt = Math.max(fewestTouched, Math.floor(Number(row?.n ?? 0) / shareTouched))
      if (touched >= settleAt && (await settle())) touched = 0
    },
  }
}

export type CustomerBitmaps = ReturnType<typeof createCustomerBitmaps>
