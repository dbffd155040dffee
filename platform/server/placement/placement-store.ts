import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '../postgres/postgres.ts'
import { evenSlots, type Hidden, type Placement, type UnitKind } from './placement.ts'

/** A shard of a cluster as the engine knows it. */
export type ShardAddress = { shard: number; host: string; port: number }

/** A move of units from one shard to another. */
export type Move = {
  moveId: number
  kind: UnitKind
  units: number[]
  from: number
  to: number
  state: 'copying' | 'flipped' | 'done'
}

type State = {
  version: number
  cluster: string
  chunk_bits: number
  slots: number
  spread: number
  chunks: [number, number][]
  slot_shards: [number, number][]
  moves: { kind: UnitKind; units: number[]; from_shard: number; to_shard: number; state: Move['state'] }[]
}

/** Reads the whole placement in one snapshot; undefined before the cluster's first start. */
export async function loadPlacement(runner: PgRunner): Promise<Placement | undefined> {
  const row = await runner.first<State>(sql`
    SELECT s.version, s.cluster, s.chunk_bits, s.slots, s.spread,
      (SELECT coalesce(json_agg(json_build_array(c.unit, c.shard)), '[]') FROM chunk_placement AS c WHERE c.kind = 'customer') AS chunks,
      (SELECT coalesce(json_agg(json_build_array(c.unit, c.shard)), '[]') FROM chunk_placement AS c WHERE c.kind = 'slot') AS slot_shards,
      (SELECT coalesce(json_agg(json_build_object('kind', m.kind, 'units', m.units, 'from_shard', m.from_shard,
        'to_shard', m.to_shard, 'state', m.state)), '[]') FROM placement_move AS m WHERE m.state <> 'done') AS moves
    FROM placement_state AS s`)
  if (!row) return undefined
  const slots = evenSlots(row.slots, 1)
  for (const [slot, shard] of row.slot_shards) slots[slot] = shard
  const hidden = row.moves.map(
    (move): Hidden => ({
      kind: move.kind,
      units: move.units,
      shard: move.state === 'copying' ? move.to_shard : move.from_shard,
    }),
  )
  const { version, cluster, chunk_bits: chunkBits, spread } = row
  return { version, cluster, chunkBits, slots, spread, chunks: new Map(row.chunks), hidden }
}

/**
 * Makes the first placement: ids given out before lie on the first shard, new ones come from one open chunk a shard.
 * Does nothing where there is one.
 */
export async function beginPlacement(
  tx: PgRunner,
  input: { cluster: string; chunkBits: number; slots: number; shards: readonly ShardAddress[] },
): Promise<void> {
  const { cluster, chunkBits, slots, shards } = input
  const begun = await tx.execute(sql`
    INSERT INTO placement_state (version, cluster, chunk_bits, slots, spread)
    VALUES (1, ${cluster}, ${chunkBits}::int, ${slots}::int, ${shards.length}::int)
    ON CONFLICT (is_only) DO NOTHING`)
  if (begun === 0) return
  await addShards(tx, shards)
  const allocated = await tx.first<{ next_id: number }>(sql`
    SELECT a.next_id FROM customer_id_allocator AS a FOR UPDATE`)
  const next = allocated?.next_id ?? 1
  const firstFree = next === 1 ? 0 : Math.floor((next - 1) / 2 ** chunkBits) + 1
  await tx.execute(sql`
    INSERT INTO chunk_placement (kind, unit, shard)
    SELECT 'customer', n, 1 FROM generate_series(0, ${firstFree - 1}::bigint) AS n
    UNION ALL SELECT 'slot', n, n % ${shards.length}::bigint + 1 FROM generate_series(0, ${slots - 1}::bigint) AS n`)
  for (const { shard } of shards) await openChunk(tx, shard)
}

export const addShards = (tx: PgRunner, shards: readonly ShardAddress[]): Promise<number> =>
  tx.execute(sql`
    INSERT INTO placement_shard (shard, host, port)
    SELECT * FROM unnest(${shards.map((one) => one.shard)}::int[], ${shards.map((one) => one.host)}::text[],
      ${shards.map((one) => one.port)}::int[])`)

export const listShards = (runner: PgRunner): Promise<ShardAddress[]> =>
  runner.query<ShardAddress>(sql`SELECT s.shard, s.host, s.port FROM placement_shard AS s ORDER BY s.shard`)

/** Opens the first unused chunk of those that lie on a shard anyway; ids begin with 1. */
export const openChunk = (tx: PgRunner, shard: number): Promise<number> =>
  tx.execute(sql`
    INSERT INTO chunk_placement (kind, unit, shard, is_open, next_id)
    SELECT 'customer', n.unit, ${shard}::int, true, greatest(n.unit << s.chunk_bits, 1)
    FROM placement_state AS s CROSS JOIN LATERAL (
      SELECT min(g) AS unit FROM generate_series(
        ${shard - 1}::bigint,
        (SELECT coalesce(max(c.unit), 0) + 2 * s.spread FROM chunk_placement AS c WHERE c.kind = 'customer'),
        s.spread) AS g
      WHERE NOT EXISTS (SELECT FROM chunk_placement AS c WHERE c.kind = 'customer' AND c.unit = g)) AS n`)

const version = sql`UPDATE placement_state SET version = version + 1`

/** Makes what the transaction has changed the next version; gives its number. */
export async function nextVersion(tx: PgRunner, options: { isPaused?: boolean } = {}): Promise<number> {
  const row = await tx.first<{ version: number }>(sql`
    ${version}, is_paused = ${options.isPaused ?? false}::boolean RETURNING version`)
  return row?.version ?? 0
}

/** The move that isn't done, if any. */
export const findOpenMove = (runner: PgRunner): Promise<Move | undefined> =>
  runner.first<Move>(sql`
    SELECT m.move_id AS "moveId", m.kind, m.units, m.from_shard AS "from", m.to_shard AS "to", m.state
    FROM placement_move AS m WHERE m.state <> 'done'`)
