import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '../clickhouse/clickhouse.ts'
import { plainName } from '../clickhouse/clickhouse-settings.ts'
import { asideEnding, type LocalTable } from '../clickhouse/distributed-tables.ts'
import { placementErrors } from './placement-errors.ts'
import type { Move } from './placement-store.ts'

/** Where a shard is reached by another shard, and as whom. */
export type Peer = { address: string; user: string; password: string }
type Side = { ch: ClickHouse; peer: Peer }

// A copy of rows that were here before, and were removed, is no repetition.
const jobs = {
  lane: 'jobs',
  settings: { max_partitions_per_insert_block: 0, insert_deduplicate: 0 },
} as const
const fixed = (text: string): Sql => ({ kind: 'sql', text: [text], values: [] })

type Content = { rows: number; hash: string }

/** What can be inserted, by name. */
const columnNames = (columns: LocalTable['columns']): string =>
  columns
    .filter(({ kind }) => kind !== 'MATERIALIZED' && kind !== 'ALIAS')
    .map(({ name }) => `\`${name}\``)
    .join(', ')

/**
 * Copies units of the tables from one shard's server to another's. Parts say what is new: while no part is merged or
 * mutated, those that weren't there at the beginning hold exactly the rows that came since.
 */
export function createUnitCopy(
  move: Pick<Move, 'kind' | 'units'>,
  from: Side,
  to: Side,
  all: readonly LocalTable[],
) {
  const tables = all.filter((table) => table.key.kind === move.kind)
  const copied = new Map<string, readonly string[]>()
  const inUnits = (table: LocalTable): Sql =>
    fixed(`${table.key.unit} IN (${move.units.map((unit) => Number(unit)).join(',')})`)
  const name = (table: LocalTable): Sql => fixed(plainName(table.name))

  const partsOf = async (table: LocalTable): Promise<string[]> => {
    const rows = await from.ch.query<{ name: string }>(sql`
      SELECT p.name AS name FROM system.parts AS p
      WHERE p.database = ${typed('String', from.ch.database)} AND p.table = ${typed('String', table.name)} AND p.active`)
    return rows.map((row) => row.name)
  }

  /** Number and hash of what counts of the units, among some parts or all. */
  const contentAt = async (
    ch: ClickHouse,
    table: LocalTable,
    parts?: readonly string[],
  ): Promise<Content> => {
    const hashed = table.columns.filter(({ type }) => !type.startsWith('AggregateFunction'))
    const row = await ch.first<{ rows: string; hash: string }>(
      sql`SELECT count() AS rows, toString(sum(cityHash64(${fixed(columnNames(hashed))}))) AS hash
        FROM ${name(table)} ${table.isReplacing ? sql`FINAL` : sql``}
        WHERE ${parts ? sql`_part IN ${typed('Array(String)', parts)} AND ` : sql``}${inUnits(table)}`,
      jobs,
    )
    return { rows: Number(row?.rows ?? 0), hash: row?.hash ?? '' }
  }

  const isEmptyAt = async (ch: ClickHouse, table: LocalTable): Promise<boolean> =>
    (await ch.first(sql`SELECT 1 AS one FROM ${name(table)} WHERE ${inUnits(table)} LIMIT 1`, jobs)) ===
    undefined

  async function copyParts(table: LocalTable, parts: readonly string[]): Promise<void> {
    if (parts.length === 0) return
    const { address, user, password } = from.peer
    const columns = fixed(columnNames(table.columns))
    await to.ch.command(
      sql`
      INSERT INTO ${name(table)} (${columns})
      SELECT ${columns} FROM remote(${typed('String', address)}, ${typed('String', from.ch.database)},
        ${typed('String', table.name)}, ${typed('String', user)}, ${typed('String', password)})
      WHERE _part IN ${typed('Array(String)', parts)} AND ${inUnits(table)}`,
      jobs,
    )
  }

  const merges = async (isOn: boolean): Promise<void> => {
    for (const table of tables)
      await from.ch.command(sql`SYSTEM ${fixed(isOn ? 'START' : 'STOP')} MERGES ${name(table)}`, jobs)
  }

  const removeAt = async (ch: ClickHouse): Promise<void> => {
    for (const table of tables) {
      if (await isEmptyAt(ch, table)) continue
      await ch.command(sql`ALTER TABLE ${name(table)} DELETE WHERE ${inUnits(table)}`, {
        lane: 'jobs',
        settings: { mutations_sync: 1 },
      })
    }
  }

  /** A purge that was cut off has rows beside their table: they may come back, so its chunks stay until it has ended. */
  async function checkNothingAside(): Promise<void> {
    const aside = await from.ch.first<{ name: string }>(sql`
      SELECT t.name AS name FROM system.tables AS t
      WHERE t.database = ${typed('String', from.ch.database)} AND endsWith(t.name, ${typed('String', asideEnding)}) LIMIT 1`)
    if (aside) throw placementErrors('CLUSTER_PURGE_UNFINISHED', { table: aside.name })
  }

  return {
    tables,
    /** Copies what is there now and compares; what an earlier try left at the target is removed first. */
    async copyAll(): Promise<void> {
      await checkNothingAside()
      await removeAt(to.ch)
      await merges(false)
      for (const table of tables) {
        const parts = await partsOf(table)
        await copyParts(table, parts)
        const [source, target] = [await contentAt(from.ch, table, parts), await contentAt(to.ch, table)]
        if (source.rows !== target.rows || source.hash !== target.hash)
          throw placementErrors('CLUSTER_COPY_DIFFERS', {
            table: table.name,
            source: source.rows,
            copied: target.rows,
          })
        copied.set(table.name, parts)
      }
    },
    /** Copies what has come since; nobody may be writing. Throws where a part of the beginning is no longer there. */
    async copyRest(): Promise<void> {
      await checkNothingAside()
      for (const table of tables) {
        const [before, now] = [new Set(copied.get(table.name)), new Set(await partsOf(table))]
        if ([...before].some((part) => !now.has(part)))
          throw placementErrors('CLUSTER_COPY_DISTURBED', { table: table.name })
        await copyParts(
          table,
          [...now].filter((part) => !before.has(part)),
        )
      }
    },
    allowMerges: () => merges(true),
    removeSource: () => removeAt(from.ch),
  }
}

export type UnitCopy = ReturnType<typeof createUnitCopy>
