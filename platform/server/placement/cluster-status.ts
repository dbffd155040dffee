import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '../clickhouse/clickhouse.ts'
import type { Postgres } from '../postgres/postgres.ts'
import type { UnitKind } from './placement.ts'
import { findOpenMove, listShards, loadPlacement } from './placement-store.ts'

export type ClusterStatus = {
  cluster: string
  version: number
  chunkSize: number
  /** A move that goes on, or waits to be ended by `cluster grow`. */
  isMoving: boolean
  move: { kind: UnitKind; units: number; from: number; to: number; state: 'copying' | 'flipped' } | null
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

/** Whoever doesn't answer is left out of the answer instead of failing it. */
const patient = { settings: { skip_unavailable_shards: 1, connect_timeout_with_failover_ms: 1_000 } } as const

type Size = { shard: number; rows: string; bytes: string }

/** Rows and bytes of active parts by shard, of those that answer; none where the entry server itself doesn't. */
async function readSizes(entry: ClickHouse, cluster: string): Promise<Map<number, Omit<Size, 'shard'>>> {
  const name = typed('String', cluster)
  const answering = await entry.query<{ shard: number }>(
    sql`SELECT shardNum() AS shard FROM cluster(${name}, system.one)`,
    patient,
  )
  const sizes = await entry.query<Size>(
    sql`SELECT shardNum() AS shard, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes
      FROM cluster(${name}, system.parts) AS p
      WHERE p.active AND p.database = ${typed('String', entry.database)} GROUP BY shard`,
    patient,
  )
  const sizeOf = new Map(sizes.map((size) => [Number(size.shard), size]))
  return new Map(
    answering.map(({ shard }) => [Number(shard), sizeOf.get(Number(shard)) ?? { rows: '0', bytes: '0' }]),
  )
}

/** What lies where, by one door to the cluster's entry server; undefined without a cluster. */
export async function readClusterStatus(deps: {
  pg: Postgres
  ch: ClickHouse
}): Promise<ClusterStatus | undefined> {
  const { pg, ch } = deps
  const placement = await loadPlacement(pg)
  if (!placement) return undefined
  const [known, move, sizes] = await Promise.all([
    listShards(pg),
    findOpenMove(pg),
    readSizes(ch, placement.cluster),
  ])
  const chunks = [...placement.chunks.values()]
  return {
    cluster: placement.cluster,
    version: placement.version,
    chunkSize: 2 ** placement.chunkBits,
    isMoving: move !== undefined,
    move: move
      ? {
          kind: move.kind,
          units: move.units.length,
          from: move.from,
          to: move.to,
          state: move.state === 'flipped' ? 'flipped' : 'copying',
        }
      : null,
    shards: known.map(({ shard, host, port }) => {
      const size = sizes.get(shard)
      return {
        shard,
        address: `${host}:${port}`,
        chunks: chunks.filter((one) => one === shard).length,
        slots: placement.slots.filter((one) => one === shard).length,
        rows: size ? Number(size.rows) : null,
        bytes: size ? Number(size.bytes) : null,
      }
    }),
  }
}
