import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from './clickhouse.ts'

type Durability = { isDurable: boolean; missing: string[] }

const isOn = (text: string | undefined) => text === '1' || text === 'true'

/**
 * Whether an insert into a table is on disk when it returns: both `fsync_after_insert` (the files) and
 * `fsync_part_directory` (their names) are on, in the table or in the engine's config. The spool asks before it lets
 * a segment go. On a cluster it must be so on every shard.
 */
export async function findInsertDurability(ch: ClickHouse, table: string): Promise<Durability> {
  const found = await ch.onEachShard((shard) => durabilityOf(shard, table))
  return {
    isDurable: found.every(({ isDurable }) => isDurable),
    missing: [...new Set(found.flatMap(({ missing }) => missing))],
  }
}

async function durabilityOf(ch: ClickHouse, table: string): Promise<Durability> {
  const created = await ch.first<{ statement: string }>(sql`
    SELECT t.create_table_query AS statement FROM system.tables AS t
    WHERE t.database = ${typed('String', ch.database)} AND t.name = ${typed('String', table)}`)
  const defaults = await ch.query<{ name: string; value: string }>(sql`
    SELECT s.name AS name, s.value AS value FROM system.merge_tree_settings AS s
    WHERE s.name IN ('fsync_after_insert', 'fsync_part_directory') ORDER BY s.name`)
  const missing = defaults
    .filter(({ name, value }) => {
      const own = new RegExp(`\\b${name} = (\\w+)`).exec(created?.statement ?? '')?.[1]
      return !isOn(own ?? value)
    })
    .map(({ name }) => name)
  return { isDurable: created !== undefined && missing.length === 0, missing }
}
