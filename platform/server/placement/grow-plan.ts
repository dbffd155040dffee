import { type Placement, shardOfChunk, type UnitKind } from './placement.ts'

/** Units to take from one shard to another. */
export type PlannedMove = { kind: UnitKind; units: number[]; from: number; to: number }

/** Takes one from the fullest for the emptiest, the lowest unit first (the highest is open), until they differ by one at most. */
function balance(kind: UnitKind, shardOf: ReadonlyMap<number, number>, shards: number): PlannedMove[] {
  const held = Array.from({ length: shards }, (): number[] => [])
  for (const [unit, shard] of [...shardOf].sort(([one], [other]) => one - other)) held[shard - 1]?.push(unit)
  const moves = new Map<string, PlannedMove>()
  for (;;) {
    const sizes = held.map((units) => units.length)
    const [most, least] = [Math.max(...sizes), Math.min(...sizes)]
    if (most - least <= 1) return [...moves.values()]
    const [from, to] = [sizes.indexOf(most), sizes.indexOf(least)]
    const unit = held[from]!.shift()!
    held[to]!.push(unit)
    const key = `${from}:${to}`
    const move = moves.get(key) ?? { kind, units: [], from: from + 1, to: to + 1 }
    move.units.push(unit)
    moves.set(key, move)
  }
}

/**
 * The moves after which chunks and slots are even over the shards. A unit is moved once at most: what a new shard receives
 * isn't taken from it again, because it stays the emptiest until the end.
 */
export function planMoves(placement: Placement, shards: number): PlannedMove[] {
  const slots = new Map(placement.slots.map((shard, slot) => [slot, shard]))
  const chunks = new Map([...placement.chunks.keys()].map((chunk) => [chunk, shardOfChunk(placement, chunk)]))
  return [...balance('customer', chunks, shards), ...balance('slot', slots, shards)]
}
