import type { Placement, UnitKind } from './placement.ts'

/** By what the rows of a table are placed: `unit` is an SQL expression over its columns. */
export type TableKey = { kind: UnitKind; unit: string }

/** A table as the engine describes it. */
export type KeyedTable = { name: string; sortingKey: string; columns: readonly string[] }

const columnPattern = /^[a-z_][a-z0-9_]*$/i

const quoted = (column: string): string => `\`${column}\``

/**
 * How a table is placed, by the first column of its sorting key that says it: a customer, a chunk of customers, a visitor.
 * Everything else is spread by a hash of its whole key, so that a row written again meets itself.
 */
export function tableKey(
  table: KeyedTable,
  { chunkBits, slots }: Pick<Placement, 'chunkBits' | 'slots'>,
): TableKey {
  const parts = table.sortingKey.split(',').map((part) => part.trim())
  const known = parts.find((part) => ['customer_id', 'chunk', 'visitor'].includes(part))
  if (known === 'customer_id')
    return { kind: 'customer', unit: `toUInt32(bitShiftRight(customer_id, ${chunkBits}))` }
  if (known === 'chunk') return { kind: 'customer', unit: 'chunk' }
  // A visitor is the beginning of a SHA-256 already.
  if (known === 'visitor') return { kind: 'slot', unit: `visitor % ${slots.length}` }
  const plain = parts.filter((part) => columnPattern.test(part) && table.columns.includes(part))
  const hashed = (plain.length > 0 ? plain : table.columns.slice(0, 1)).map(quoted).join(', ')
  return { kind: 'slot', unit: `cityHash64(${hashed}) % ${slots.length}` }
}

/** The shard of a row as the engine's sharding expression wants it: counted from 0. */
export function shardingExpression(key: TableKey, placement: Placement): string {
  if (key.kind === 'slot') {
    const shards = placement.slots.map((shard) => shard - 1)
    return `arrayElement([${shards.join(',')}], ${key.unit} + 1)`
  }
  const { spread } = placement
  const other = `${key.unit} % ${spread}`
  const moved = [...placement.chunks].filter(([chunk, shard]) => shard !== (chunk % spread) + 1)
  if (moved.length === 0) return other
  const [units, shards] = [moved.map(([chunk]) => chunk), moved.map(([, shard]) => shard - 1)]
  return `transform(${key.unit}, [${units.join(',')}], [${shards.join(',')}], ${other})`
}

/** Condition on a table's rows at one shard that leaves out what doesn't count there; undefined where all counts. */
export function visibleAt(key: TableKey, placement: Placement, shard: number): string | undefined {
  const units = placement.hidden
    .filter((hidden) => hidden.kind === key.kind && hidden.shard === shard)
    .flatMap((hidden) => hidden.units)
  return units.length === 0 ? undefined : `NOT (${key.unit} IN (${units.join(',')}))`
}

/** As `visibleAt`, for a query that the engine itself sends to the shards. */
export function visibleAnywhere(key: TableKey, placement: Placement): string | undefined {
  const conditions = placement.hidden
    .filter((hidden) => hidden.kind === key.kind)
    .map(({ units, shard }) => `NOT (shardNum() = ${shard} AND ${key.unit} IN (${units.join(',')}))`)
  return conditions.length === 0 ? undefined : conditions.join(' AND ')
}
