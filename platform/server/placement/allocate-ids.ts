import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '../postgres/postgres.ts'
import { openChunk } from './placement-store.ts'

type OpenChunk = { unit: number; shard: number; next_id: number; used: number }

/** How many ids each open chunk gives, so that the shards' new customers stay even. */
export function shareIds(used: readonly number[], count: number): number[] {
  const shares = used.map(() => 0)
  let rest = count
  // The fullest last: raise the others to its level first, then all alike.
  const order = used.map((_, index) => index).sort((one, other) => used[one]! - used[other]!)
  for (let reached = 1; rest > 0; reached = Math.min(reached + 1, order.length)) {
    const group = order.slice(0, reached)
    const level = used[group[0]!]! + shares[group[0]!]!
    const next = reached < order.length ? used[order[reached]!]! : Number.POSITIVE_INFINITY
    const each = Math.min(Math.floor(rest / group.length), next - level)
    for (const index of group) shares[index]! += each
    rest -= each * group.length
    if (rest > 0 && rest < group.length && each < next - level) {
      for (const index of group.slice(0, rest)) shares[index]! += 1
      rest = 0
    }
  }
  return shares
}

/**
 * Gives ids for new customers from the open chunk of each shard, evenly. The caller holds the lock of
 * `customer_id_allocator`. Undefined without a cluster: then the one sequence counts.
 */
export async function allocatePlacedIds(tx: PgRunner, count: number): Promise<number[] | undefined> {
  const state = await tx.first<{ chunk_bits: number }>(sql`SELECT s.chunk_bits FROM placement_state AS s`)
  if (!state) return undefined
  const size = 2 ** state.chunk_bits
  const ids: number[] = []
  while (ids.length < count) {
    const chunks = await tx.query<OpenChunk>(sql`
      SELECT c.unit, c.shard, c.next_id, c.next_id - (c.unit << ${state.chunk_bits}::int) AS used
      FROM chunk_placement AS c WHERE c.is_open ORDER BY c.unit FOR UPDATE`)
    const shares = shareIds(
      chunks.map((chunk) => chunk.used),
      count - ids.length,
    )
    for (const [index, chunk] of chunks.entries()) {
      const end = Math.min(chunk.next_id + shares[index]!, (chunk.unit + 1) * size)
      for (let id = chunk.next_id; id < end; id += 1) ids.push(id)
      const isFull = end === (chunk.unit + 1) * size
      await tx.execute(sql`
        UPDATE chunk_placement SET is_open = ${!isFull}::boolean, next_id = ${isFull ? null : end}::bigint
        WHERE kind = 'customer' AND unit = ${chunk.unit}::bigint`)
      if (isFull) await openChunk(tx, chunk.shard)
    }
  }
  await tx.execute(sql`
    UPDATE customer_id_allocator SET next_id = greatest(next_id, ${Math.max(...ids) + 1}::bigint)`)
  return ids
}
