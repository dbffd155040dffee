import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { Placement } from '../placement/placement.ts'
import {
  shardingExpression,
  type TableKey,
  tableKey,
  visibleAnywhere,
  visibleAt,
} from '../placement/table-keys.ts'
import type { ClickHouse } from './clickhouse.ts'
import { literal, plainName } from './clickhouse-settings.ts'

type Column = { table: string; name: string; type: string; kind: string; expression: string }

/** A local table of the shards, with what a distributed table over it needs. */
export type LocalTable = {
  name: string
  key: TableKey
  columns: readonly Column[]
  /** Rows of one key replace each other as parts are merged. */
  isReplacing: boolean
}

const fixed = (text: string): Sql => ({ kind: 'sql', text: [text], values: [] })

/** What a shard keeps of itself: not placed, not moved, not shown through the cluster. */
const ownTables = ['migration']

/** How the names of tables end that a shard keeps beside another while it removes rows: not placed either. */
export const asideEnding = '_aside'

/** Columns by table, in their order. */
async function readColumns(ch: ClickHouse, database: string): Promise<Map<string, Column[]>> {
  const tables = new Map<string, Column[]>()
  const columns = await ch.query<Column>(sql`
    SELECT c.table AS table, c.name AS name, c.type AS type, c.default_kind AS kind, c.default_expression AS expression
    FROM system.columns AS c WHERE c.database = ${typed('String', database)} ORDER BY c.table, c.position`)
  for (const column of columns) {
    const own = tables.get(column.table)
    if (own) own.push(column)
    else tables.set(column.table, [column])
  }
  return tables
}

/** The tables of a shard that hold rows, with how they are placed. */
export async function listLocalTables(
  shard: ClickHouse,
  placement: Pick<Placement, 'chunkBits' | 'slots'>,
): Promise<LocalTable[]> {
  const found = await shard.query<{ name: string; key: string; engine: string }>(sql`
    SELECT t.name AS name, t.sorting_key AS key, t.engine AS engine FROM system.tables AS t
    WHERE t.database = ${typed('String', shard.database)} AND (endsWith(t.engine, 'MergeTree') OR t.engine = 'Memory')
      AND t.name NOT IN ${typed('Array(String)', ownTables)} AND NOT endsWith(t.name, ${typed('String', asideEnding)}) ORDER BY t.name`)
  const columns = await readColumns(shard, shard.database)
  return found.map(({ name, key, engine }) => {
    const own = columns.get(name) ?? []
    const names = own.map((column) => column.name)
    return {
      name,
      key: tableKey({ name, sortingKey: key, columns: names }, placement),
      columns: own,
      isReplacing: engine === 'ReplacingMergeTree',
    }
  })
}

/** Lets a shard merge parts of every table again. */
export async function startMerges(shard: ClickHouse, placement: Placement): Promise<void> {
  for (const { name } of await listLocalTables(shard, placement))
    await shard.command(fixed(`SYSTEM START MERGES ${plainName(name)}`), { lane: 'jobs' })
}

const columnSql = ({ name, type, kind, expression }: Column): string =>
  `\`${name}\` ${type}${kind && expression ? ` ${kind} ${expression}` : ''}`

const shapeOf = (columns: readonly Column[]): string => columns.map(columnSql).join(', ')

/** Makes the distributed tables of one placement on the entry server, or brings them up to date. */
export async function exposeTables(
  entry: ClickHouse,
  input: { database: string; local: string; placement: Placement; tables: readonly LocalTable[] },
): Promise<void> {
  const { placement, tables } = input
  const [database, local] = [plainName(input.database), plainName(input.local)]
  await entry.command(fixed(`CREATE DATABASE IF NOT EXISTS ${database}`), { lane: 'jobs' })
  const there = await readColumns(entry, database)
  for (const name of there.keys())
    if (!tables.some((table) => table.name === name))
      await entry.command(fixed(`DROP TABLE IF EXISTS ${database}.${plainName(name)}`), { lane: 'jobs' })
  for (const table of tables) {
    if (shapeOf(there.get(table.name) ?? []) === shapeOf(table.columns)) continue
    const target = `${literal(placement.cluster)}, ${literal(local)}, ${literal(table.name)}`
    await entry.command(
      fixed(`CREATE OR REPLACE TABLE ${database}.${plainName(table.name)} (${shapeOf(table.columns)})
        ENGINE = Distributed(${target}, ${shardingExpression(table.key, placement)})`),
      { lane: 'jobs' },
    )
  }
}

/** Setting that keeps rows out of sight which don't count at a shard; for all shards at once without a number. */
export function hidingSettings(
  input: { local: string; placement: Placement; tables: readonly LocalTable[] },
  shard?: number,
): Record<string, string> {
  const filters = input.tables.flatMap(({ name, key }) => {
    const filter =
      shard === undefined ? visibleAnywhere(key, input.placement) : visibleAt(key, input.placement, shard)
    return filter === undefined ? [] : [`${literal(`${input.local}.${name}`)}: ${literal(filter)}`]
  })
  return filters.length === 0 ? {} : { additional_table_filters: `{${filters.join(', ')}}` }
}
