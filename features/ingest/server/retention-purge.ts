import type { RetentionClass, RetentionRule } from '#features/ingest/common/retention.ts'
import { endOfPartition } from '#features/ingest/server/retention-cutoff.ts'
import { identifier, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type Place = { table: string; column: string }
const places: { readonly [C in RetentionClass]: Place } = {
  event: { table: 'event', column: 'occurred_at' },
  event_anonymous: { table: 'event_anonymous', column: 'occurred_at' },
  reject: { table: 'event_reject', column: 'received_at' },
  rate: { table: 'ingest_rate', column: 'minute' },
}

type Partition = RetentionRule['partitions'][number]
type PartRow = { partition: string; rows: number; bytes: number }

const jobs = { lane: 'jobs' as const }
const partitionName = /^[0-9A-Za-z_-]{1,64}$/

/** A partition's name can't be a bound value; it comes from the engine and is checked before it becomes text. */
function partitionId(partition: string): Sql {
  if (!partitionName.test(partition)) throw new Error('not the name of a partition')
  return { kind: 'sql', text: [`'${partition}'`], values: [] }
}
const moment = (at: Date): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', at.getTime())}, 'UTC')`

/** What is old in a table at one shard, or everywhere. */
type Found = { parts: readonly PartRow[]; ages: ReadonlyMap<string, Age> }
type Age = { oldestMs: number; newestMs: number }

/** The same partition of several shards as one. */
function together(found: readonly Found[]): Found {
  const parts = new Map<string, PartRow>()
  const ages = new Map<string, Age>()
  for (const shard of found) {
    for (const part of shard.parts) {
      const known = parts.get(part.partition) ?? { rows: 0, bytes: 0 }
      const [rows, bytes] = [known.rows + part.rows, known.bytes + part.bytes]
      parts.set(part.partition, { partition: part.partition, rows, bytes })
    }
    for (const [partition, { oldestMs, newestMs }] of shard.ages) {
      const known = ages.get(partition) ?? { oldestMs, newestMs }
      ages.set(partition, {
        oldestMs: Math.min(known.oldestMs, oldestMs),
        newestMs: Math.max(known.newestMs, newestMs),
      })
    }
  }
  const byName = (one: PartRow, other: PartRow) => (one.partition < other.partition ? -1 : 1)
  return { parts: [...parts.values()].sort(byName), ages }
}

const isOldAt =
  (cutoff: Date) =>
  ({ partition }: PartRow): boolean => {
    const end = endOfPartition(partition)
    return end !== undefined && end.getTime() <= cutoff.getTime()
  }

async function readParts(shard: ClickHouse, { table }: Place): Promise<PartRow[]> {
  const rows = await shard.query<{ partition: string; rows: string; bytes: string }>(
    sql`SELECT p.partition_id AS partition, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes FROM system.parts AS p
      WHERE p.database = currentDatabase() AND p.table = ${typed('String', table)} AND p.active GROUP BY partition`,
    jobs,
  )
  return rows.map(({ partition, rows, bytes }) => ({ partition, rows: Number(rows), bytes: Number(bytes) }))
}

async function readAges(shard: ClickHouse, place: Place, old: readonly PartRow[]): Promise<Map<string, Age>> {
  if (old.length === 0) return new Map()
  const column = identifier(place.column)
  const names = old.map(({ partition }) => partition)
  const rows = await shard.query<{ partition: string; oldest: string; newest: string }>(
    sql`SELECT t._partition_id AS partition, toString(toUnixTimestamp64Milli(toDateTime64(min(t.${column}), 3, 'UTC'))) AS oldest,
        toString(toUnixTimestamp64Milli(toDateTime64(max(t.${column}), 3, 'UTC'))) AS newest
      FROM ${identifier(place.table)} AS t
      WHERE t._partition_id IN ${typed('Array(String)', names)} GROUP BY partition`,
    jobs,
  )
  return new Map(
    rows.map((row) => [row.partition, { oldestMs: Number(row.oldest), newestMs: Number(row.newest) }]),
  )
}

const asideOf = ({ table }: Place): Sql => identifier(`${table}_aside`)

async function isAside(shard: ClickHouse, { table }: Place): Promise<boolean> {
  const row = await shard.first(
    sql`SELECT t.name AS name FROM system.tables AS t
      WHERE t.database = currentDatabase() AND t.name = ${typed('String', `${table}_aside`)}`,
    jobs,
  )
  return row !== undefined
}

/** Puts back what is younger, drops the rest. */
async function finish(shard: ClickHouse, place: Place, cutoff: Date): Promise<void> {
  const aside = asideOf(place)
  // Rows that come back are no repetition, whatever the engine remembers of earlier inserts.
  await shard.command(
    sql`INSERT INTO ${identifier(place.table)} SELECT * FROM ${aside} AS a
      WHERE a.${identifier(place.column)} >= ${moment(cutoff)} SETTINGS insert_deduplicate = 0`,
    jobs,
  )
  await shard.command(sql`DROP TABLE IF EXISTS ${aside} SYNC`, jobs)
}

/**
 * Removes whole partitions. One is first moved aside, then looked at again, and only then dropped: a row younger than the
 * rule that came in meanwhile is put back. Cut off by a crash, the next run begins with what lies aside. On a cluster
 * each shard does this with its own part of a partition, and a young row of one shard holds the partition on all.
 */
export function createPurge({ ch }: { ch: ClickHouse }) {
  return {
    /** What would go, and what stays though its name is old. */
    async plan(name: RetentionClass, cutoff: Date) {
      const place = places[name]
      const isOld = isOldAt(cutoff)
      const found = await ch.onEachShard(async (shard): Promise<Found> => {
        const parts = await readParts(shard, place)
        return { parts, ages: await readAges(shard, place, parts.filter(isOld)) }
      })
      const { parts, ages } = together(found)
      const going: Partition[] = []
      const held: Partition[] = []
      for (const part of parts) {
        const age = ages.get(part.partition)
        if (!age) continue
        const at = {
          oldestAt: new Date(age.oldestMs).toISOString(),
          newestAt: new Date(age.newestMs).toISOString(),
        }
        if (age.newestMs < cutoff.getTime()) going.push({ ...part, ...at })
        else held.push({ ...part, ...at })
      }
      const sum = (key: 'rows' | 'bytes') => parts.reduce((all, part) => all + part[key], 0)
      return { going, held, totalRows: sum('rows'), totalBytes: sum('bytes') }
    },
    /** Removes one partition of a plan. */
    async drop(name: RetentionClass, partition: string, cutoff: Date): Promise<void> {
      const place = places[name]
      const table = identifier(place.table)
      await ch.onEachShard(
        async (shard) => {
          await shard.command(sql`CREATE TABLE ${asideOf(place)} AS ${table}`, jobs)
          await shard.command(
            sql`ALTER TABLE ${table} MOVE PARTITION ID ${partitionId(partition)} TO TABLE ${asideOf(place)}`,
            jobs,
          )
          await finish(shard, place, cutoff)
        },
        { writes: true },
      )
    },
    /** Finishes what a crash cut off. */
    async resume(name: RetentionClass, cutoff: Date): Promise<void> {
      const place = places[name]
      await ch.onEachShard(
        async (shard) => {
          if (await isAside(shard, place)) await finish(shard, place, cutoff)
        },
        { writes: true },
      )
    },
  }
}
