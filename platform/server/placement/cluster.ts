import { sql, typed } from '#platform/common/sql.ts'
import { listLocalTables } from '../clickhouse/distributed-tables.ts'
import { migrateClickHouse } from '../clickhouse/migrate-clickhouse.ts'
import type { Postgres } from '../postgres/postgres.ts'
import { type ClusterMover, type MoverShards, withMover } from './cluster-mover.ts'
import { type PlannedMove, planMoves } from './grow-plan.ts'
import type { MoverSession } from './mover-session.ts'
import { checkOrder, type OpenedShards, openShards } from './open-shards.ts'
import type { Placement } from './placement.ts'
import { placementErrors } from './placement-errors.ts'
import {
  addShards,
  beginPlacement,
  findOpenMove,
  listShards,
  loadPlacement,
  nextVersion,
  openChunk,
} from './placement-store.ts'

export type ClusterStatus = {
  cluster: string
  version: number
  chunkSize: number
  /** A move that goes on, or waits to be ended by `cluster grow`. */
  isMoving: boolean
  shards: {
    shard: number
    address: string
    chunks: number
    slots: number
    /** Null where the shard does not answer. */
    rows: number | null
    bytes: number | null
  }[]
}

type Deps = { pg: Postgres; url: string; database?: string; migrations: string }

/** Slots for what is no customer's: enough to be even over any number of shards. */
const defaultSlots = 1024

/** Makes sure that the cluster has a placement and that its shards are still those, in their order. */
export async function prepareCluster(
  deps: Omit<Deps, 'migrations'>,
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
  const { pg, url, database = 'zhike', migrations } = deps

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
        return withMover({ pg, shards: moverShards(shards) }, async (mover, session) => {
          await mover.resume()
          const added = await join(session, shards, cluster)
          const units = await moveAll(mover, planMoves(await placementNow(), shards.all.length))
          return { added, units }
        })
      }),

    /** Moves chunks of customers to a shard, whatever is even. */
    move: (input: { chunks: readonly number[]; to: number }) =>
      withShards(undefined, (shards) =>
        withMover({ pg, shards: moverShards(shards) }, async (mover) => {
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

    status: (): Promise<ClusterStatus> =>
      withShards(undefined, async (shards) => {
        const placement = await placementNow()
        const known = await listShards(pg)
        const rows = await Promise.all(
          known.map(async ({ shard, host, port }) => ({
            shard,
            address: `${host}:${port}`,
            chunks: [...placement.chunks.values()].filter((one) => one === shard).length,
            slots: placement.slots.filter((one) => one === shard).length,
            ...(await sizeOf(shards, shard, database)),
          })),
        )
        return {
          cluster: placement.cluster,
          version: placement.version,
          chunkSize: 2 ** placement.chunkBits,
          isMoving: (await findOpenMove(pg)) !== undefined,
          shards: rows,
        }
      }),
  }
}

/** Rows and bytes of active parts; nulls where the shard does not answer. */
async function sizeOf(shards: OpenedShards, shard: number, database: string) {
  try {
    const size = await shards.shard(shard).ch.first<{ rows: string; bytes: string }>(sql`
      SELECT sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes FROM system.parts AS p
      WHERE p.active AND p.database = ${typed('String', database)}`)
    return { rows: Number(size?.rows ?? 0), bytes: Number(size?.bytes ?? 0) }
  } catch {
    return { rows: null, bytes: null }
  }
}
