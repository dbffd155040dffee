/** What is placed as one: a chunk of customer ids, or a slot of the hash for what is no customer's. */
export type UnitKind = 'customer' | 'slot'

/** Units whose rows at this shard don't count: not complete yet, or left behind by a move. */
export type Hidden = { kind: UnitKind; units: readonly number[]; shard: number }

/** Which shard holds what, at one moment: never changed, only followed by the next version. */
export type Placement = {
  version: number
  cluster: string
  chunkBits: number
  /** Shard of every slot, by slot. */
  slots: readonly number[]
  /** Shard of every chunk in use; any other lies on shard `chunk % spread + 1`. */
  chunks: ReadonlyMap<number, number>
  spread: number
  hidden: readonly Hidden[]
}

/**
 * Gives the placement to work with. Whoever changes it waits until all work of earlier versions has ended, so a piece of
 * work must use only the placement it is given.
 */
export type PlacementSource = {
  read<T>(work: (placement: Placement) => Promise<T>): Promise<T>
  /** As `read`, but waits while a move copies its last rows. */
  write<T>(work: (placement: Placement) => Promise<T>): Promise<T>
  /** Starts a read that ends when `end` is called. */
  begin(): Promise<{ placement: Placement; end(): void }>
  /** Called when nothing of this process uses a version any more. */
  onRetired(listener: (version: number) => void): void
  /** Called when a mover has gone without ending its move: what it held back may go on. */
  onAbandoned(helper: () => Promise<void>): void
  close(): Promise<void>
}

/** A placement that never changes. */
export function fixedPlacement(placement: Placement): PlacementSource {
  return {
    read: (work) => work(placement),
    write: (work) => work(placement),
    begin: async () => ({ placement, end: () => undefined }),
    onRetired: () => undefined,
    onAbandoned: () => undefined,
    close: async () => undefined,
  }
}

/** The shard of a chunk. */
export const shardOfChunk = ({ chunks, spread }: Placement, chunk: number): number =>
  chunks.get(chunk) ?? (chunk % spread) + 1

/** Slots spread evenly over so many shards. */
export const evenSlots = (slots: number, shards: number): number[] =>
  Array.from({ length: slots }, (_, slot) => (slot % shards) + 1)
