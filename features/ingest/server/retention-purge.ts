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
type PartRow = { partition: string; rows: string; bytes: string }
type AgeRow = { partition: string; oldest: string; newest: string }

const jobs = { lane: 'jobs' as const }
const partitionName = /^[0-9A-Za-z_-]{1,64}$/

/** A partition's name can't be a bound value; it comes from the engine and is checked before it becomes text. */
function partitionId(partition: string): Sql {
  if (!partitionName.test(partition)) throw new Error('not the name of a partition')
  return { kind: 'sql', text: [`'${partition}'`], values: [] }
}
const moment = (at: Date): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', at.getTime())}, 'UTC')`

/**
 * Removes whole partitions. One is first moved aside, then looked at again, and only then dropped: a row younger than the
 * rule that came in meanwhile is put back. Cut off by a crash, the next run begins with what lies aside.
 */
export function createPurge({ ch }: { ch: ClickHouse }) {
  const asideOf = ({ table }: Place): Sql => identifier(`${table}_aside`)

  /** Puts back what is younger, drops the rest. */
  async function finish(place: Place, cutoff: Date): Promise<void> {
    const aside = asideOf(place)
    // Rows that come back are no repetition, whatever the engine remembers of earlier inserts.
    await ch.command(
      sql`INSERT INTO ${identifier(place.table)} SELECT * FROM ${aside} AS a
        WHERE a.${identifier(place.column)} >= ${moment(cutoff)} SETTINGS insert_deduplicate = 0`,
      jobs,
    )
    await ch.command(sql`DROP TABLE IF EXISTS ${aside} SYNC`, jobs)
  }

  async function isAside(place: Place): Promise<boolean> {
    const row = await ch.first(
      sql`SELECT t.name AS name FROM system.tables AS t
        WHERE t.database = currentDatabase() AND t.name = ${typed('String', `${place.table}_aside`)}`,
      jobs,
    )
    return row !== undefined
  }

  async function ages(place: Place, partitions: readonly string[]): Promise<Map<string, AgeRow>> {
    if (partitions.length === 0) return new Map()
    const column = identifier(place.column)
    const rows = await ch.query<AgeRow>(
      sql`SELECT t._partition_id AS partition, toString(toUnixTimestamp64Milli(toDateTime64(min(t.${column}), 3, 'UTC'))) AS oldest,
          toString(toUnixTimestamp64Milli(toDateTime64(max(t.${column}), 3, 'UTC'))) AS newest
        FROM ${identifier(place.table)} AS t
        WHERE t._partition_id IN ${typed('Array(String)', partitions)} GROUP BY partition`,
      jobs,
    )
    return new Map(rows.map((row) => [row.partition, row]))
  }

  return {
    /** What would go, and what stays though its name is old. */
    async plan(name: RetentionClass, cutoff: Date) {
      const place = places[name]
      const parts = await ch.query<PartRow>(
        sql`SELECT p.partition_id AS partition, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes FROM system.parts AS p
          WHERE p.database = currentDatabase() AND p.table = ${typed('String', place.table)} AND p.active
          GROUP BY partition ORDER BY partition`,
        jobs,
      )
      const isOld = ({ partition }: PartRow) => {
        const end = endOfPartition(partition)
        return end !== undefined && end.getTime() <= cutoff.getTime()
      }
      const old = parts.filter(isOld)
      const ageOf = await ages(
        place,
        old.map(({ partition }) => partition),
      )
      const going: Partition[] = []
      const held: Partition[] = []
      for (const { partition, rows, bytes } of old) {
        const age = ageOf.get(partition)
        if (!age) continue
        const [oldestMs, newestMs] = [Number(age.oldest), Number(age.newest)]
        const at = { oldestAt: new Date(oldestMs).toISOString(), newestAt: new Date(newestMs).toISOString() }
        const found = { partition, rows: Number(rows), bytes: Number(bytes), ...at }
        if (newestMs < cutoff.getTime()) going.push(found)
        else held.push(found)
      }
      const sum = (pick: (row: PartRow) => string) => parts.reduce((all, row) => all + Number(pick(row)), 0)
      return { going, held, totalRows: sum((row) => row.rows), totalBytes: sum((row) => row.bytes) }
    },
    /** Removes one partition of a plan. */
    async drop(name: RetentionClass, partition: string, cutoff: Date): Promise<void> {
      const place = places[name]
      const table = identifier(place.table)
      await ch.command(sql`CREATE TABLE ${asideOf(place)} AS ${table}`, jobs)
      await ch.command(
        sql`ALTER TABLE ${table} MOVE PARTITION ID ${partitionId(partition)} TO TABLE ${asideOf(place)}`,
        jobs,
      )
      await finish(place, cutoff)
    },
    /** Finishes what a crash cut off. */
    async resume(name: RetentionClass, cutoff: Date): Promise<void> {
      if (await isAside(places[name])) await finish(places[name], cutoff)
    },
  }
}
