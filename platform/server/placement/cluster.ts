import { sql } from '#platform/common/sql.ts'
import { connectClickHouse } from '../clickhouse/clickhouse.ts'
import { listLocalTables } from '../clickhouse/distributed-tables.ts'
import { migrateClickHouse } from '../clickhouse/migrate-clickhouse.ts'
import type { Postgres } from '../postgres/postgres.ts'
import { type ClusterMover, type MoverShards, type StepListener, withMover } from './cluster-mover.ts'
import { type ClusterStatus, readClusterStatus } from './cluster-status.ts'
import { type PlannedMove, planMoves } from './grow-plan.ts'
import type { MoverSession } from './mover-session.ts'
import { checkOrder, type OpenedShards, openShards } from './open-shards.ts'
import type { Placement } from './placement.ts'
import { placementErrors } from './placement-errors.ts'
import {
  addShards,
  beginPlacement,
  listShards,
  loadPlacement,
  nextVersion,
  openChunk,
} from './placement-store.ts'

type Deps = { pg: Postgres; url: string; database?: string; migrations: string; onStep?: StepListener }

/** Slots for what is no customer's: enough to be even over any number of shards. */
const defaultSlots = 1024

/** Makes sure that the cluster has a placement and that its shards are still those, in their order. */
export async function prepareCluster(
  deps: Pick<Deps, 'pg' | 'url' | 'database'>,
  input: { cluster: string; chunkBits: number; slots?: number },
): Promise<void> {
  const { pg, url, database = 'zhike' } = deps
  const known = await loadPlacement(pg)
  const cluster = known?.cluster ?? input.cluster
  const shards = await openShards({ url, database, cluster, chunkBits: input.chunkBits })
  try {
    const found = shards.all.map((shard) => shard.found)
    if (known) return checkOrder(cluster, await listShards(pg), found)
    await pg.transaction((tx) =>
      beginPlacement(tx, {
        cluster,
        chunkBits: input.chunkBits,
        slots: input.slots ?? defaultSlots,
        shards: found,
      }),
    )
  } finally {
    await shards.close()
  }
}

/** What `zhike cluster` does: looks at the shards, grows over new ones, moves single chunks. */
export function createCluster(deps: Deps) {
  const { pg, url, database = 'zhike', migrations, onStep } = deps

  async function placementNow(): Promise<Placement> {
    const placement = await loadPlacement(pg)
    if (!placement) throw placementErrors('CLUSTER_MISSING', {})
    return placement
  }

  async function withShards<T>(cluster: string | undefined, work: (shards: OpenedShards) => Promise<T>) {
    const placement = await placementNow()
    const { chunkBits } = placement
    const shards = await openShards({ url, database, cluster: cluster ?? placement.cluster, chunkBits })
    try {
      return await work(shards)
    } finally {
      await shards.close()
    }
  }

  const moverShards = (shards: OpenedShards): MoverShards => ({
    shard: shards.shard,
    forget: shards.forget,
    tables: async () => listLocalTables(shards.shard(1).ch, await placementNow()),
  })

  /**
   * Lets the cluster's new shards take part. First everybody comes to read them, then new customers may go there: a row
   * never lies where somebody doesn't look yet.
   */
  async function join(session: MoverSession, shards: OpenedShards, cluster: string): Promise<number> {
    const known = await listShards(pg)
    const found = shards.all.map((shard) => shard.found)
    checkOrder(cluster, known, found)
    const added = found.slice(known.length)
    for (const { shard } of added) await migrateClickHouse(shards.shard(shard).ch, migrations)
    const placement = await placementNow()
    if (added.length === 0 && placement.cluster === cluster && placement.spread === found.length) return 0
    const seen = await session.transaction(async (tx) => {
      if (added.length > 0) await addShards(tx, added)
      await tx.execute(sql`UPDATE placement_state SET cluster = ${cluster}`)
      return nextVersion(tx)
    })
    await session.untilLeft('reads', seen)
    const paused = await session.transaction((tx) => nextVersion(tx, { isPaused: true }))
    await session.untilLeft('writes', paused)
    await session.transaction(async (tx) => {
      await tx.execute(sql`SELECT FROM customer_id_allocator FOR UPDATE`)
      await tx.execute(sql`UPDATE placement_state SET spread = ${found.length}::int`)
      for (const { shard } of added) await openChunk(tx, shard)
      await nextVersion(tx)
    })
    return added.length
  }

  const moveAll = async (mover: ClusterMover, moves: readonly PlannedMove[]) => {
    for (const move of moves) await mover.move(move)
    return moves.reduce((sum, { units }) => sum + units.length, 0)
  }

  return {
    /**
     * Takes in shards that the servers' config has got since, under the cluster's name or another that begins with the same
     * shards, and spreads chunks and slots evenly. Cut off anywhere it can be run again.
     */
    grow: (input: { cluster?: string | undefined } = {}) =>
      withShards(input.cluster, async (shards) => {
        const cluster = input.cluster ?? (await placementNow()).cluster
        return withMover({ pg, shards: moverShards(shards), onStep }, async (mover, session) => {
          await mover.resume()
          const added = await join(session, shards, cluster)
          const units = await moveAll(mover, planMoves(await placementNow(), shards.all.length))
          return { added, units }
        })
      }),

    /** Moves chunks of customers to a shard, whatever is even. */
    move: (input: { chunks: readonly number[]; to: number }) =>
      withShards(undefined, (shards) =>
        withMover({ pg, shards: moverShards(shards), onStep }, async (mover) => {
          await mover.resume()
          shards.shard(input.to)
          const { chunks } = await placementNow()
          const moves = new Map<number, PlannedMove>()
          for (const chunk of input.chunks) {
            const from = chunks.get(chunk)
            if (from === undefined || from === input.to) continue
            const move = moves.get(from) ?? { kind: 'customer' as const, units: [], from, to: input.to }
            move.units.push(chunk)
            moves.set(from, move)
          }
          return { units: await moveAll(mover, [...moves.values()]) }
        }),
      ),

    /** What lies where; a shard that doesn't answer is shown without its rows. */
    async status(): Promise<ClusterStatus> {
      const ch = await connectClickHouse({ url, database })
      try {
        const status = await readClusterStatus({ pg, ch })
        if (!status) throw placementErrors('CLUSTER_MISSING', {})
        return status
      } finally {
        await ch.close()
      }
    },
  }
}
