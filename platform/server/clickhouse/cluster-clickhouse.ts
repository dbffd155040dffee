import type { Sql } from '#platform/common/sql.ts'
import type { Placement, PlacementSource } from '../placement/placement.ts'
import type { ClickHouse, QueryOptions } from './clickhouse.ts'
import { plainName } from './clickhouse-settings.ts'
import { exposeTables, hidingSettings, listLocalTables, startMerges } from './distributed-tables.ts'
import { type FoundShard, findShards } from './find-shards.ts'
import { connectClickHouse } from './server-clickhouse.ts'

/** A sharded cluster: the HTTP address of one of its servers, and what lies where. */
export type ClusterOptions = { url: string; database?: string; placement: PlacementSource }

type Shard = FoundShard & { ch: ClickHouse }

/** One placement as doors: over all shards, and each shard alone. */
type View = { all: ClickHouse; shards: readonly ClickHouse[]; close(): Promise<void> }

/** Settings under which distributed tables answer as one table would, or fail. */
const clusterSettings = {
  // Tables joined by customer lie together: every shard joins its own.
  distributed_product_mode: 'local',
  distributed_foreground_insert: 1,
  prefer_localhost_replica: 1,
  skip_unavailable_shards: 0,
  optimize_skip_unused_shards: 1,
  // From table to table the entry server spreads the rows anew: their keys may differ.
  parallel_distributed_insert_select: 0,
  // Pushed down to a shard, an outer `IN (SELECT …)` would name distributed tables that are the entry server's alone.
  query_plan_filter_push_down: 0,
  connect_timeout_with_failover_ms: 2_000,
} as const

const definition = /^\s*(?:ALTER|CREATE|DROP|RENAME|EXCHANGE|TRUNCATE|OPTIMIZE|DELETE|SYSTEM)\b/i
const mutation = /^\s*(?:ALTER\s+TABLE\s+\S+\s+(?:DELETE|UPDATE)|TRUNCATE|OPTIMIZE|DELETE|SYSTEM)\b/i

/** The same door with settings below those of each query. */
function withSettings(ch: ClickHouse, settings: Record<string, string | number>): ClickHouse {
  if (Object.keys(settings).length === 0) return ch
  const add = <O extends QueryOptions>(options?: O): O =>
    ({ ...options, settings: { ...settings, ...options?.settings } }) as O
  const door: ClickHouse = {
    ...ch,
    onEachShard: async (work) => [await work(door)],
    query: (fragment, options) => ch.query(fragment, add(options)),
    first: (fragment, options) => ch.first(fragment, add(options)),
    command: (fragment, options) => ch.command(fragment, add(options)),
    stream: (fragment, options) => ch.stream(fragment, add(options)),
  }
  return door
}

/** Name of the database that holds the distributed tables of one placement. */
export const viewDatabase = (database: string, version: number): string => `${database}_v${version}`

/** Finds the shards of each cluster once and keeps a door to each server. */
function createShardDoors(url: string, database: string, entry: ClickHouse) {
  const doors = new Map<string, Promise<ClickHouse>>()
  const clusters = new Map<string, Promise<Shard[]>>()
  const open = (found: FoundShard, chunkBits: number): Promise<ClickHouse> => {
    const known = doors.get(found.url)
    if (known) return known
    const opened = connectClickHouse({ url: found.url, database, chunkBits })
    opened.catch(() => doors.delete(found.url))
    doors.set(found.url, opened)
    return opened
  }
  const find = async ({ cluster, chunkBits }: Placement): Promise<Shard[]> => {
    const found = await findShards(entry, url, cluster)
    return Promise.all(found.map(async (shard) => ({ ...shard, ch: await open(shard, chunkBits) })))
  }
  return {
    of(placement: Placement): Promise<Shard[]> {
      const known = clusters.get(placement.cluster)
      if (known) return known
      const finding = find(placement)
      finding.catch(() => clusters.delete(placement.cluster))
      clusters.set(placement.cluster, finding)
      return finding
    },
    async close(): Promise<void> {
      for (const door of await Promise.allSettled(doors.values()))
        if (door.status === 'fulfilled') await door.value.close()
    },
  }
}

/**
 * Connects to a sharded cluster by one of its servers. Each shard holds the same tables; over them the entry server gets
 * distributed tables of the same names, in a database per placement, so that the SQL of the features stays what it is.
 */
export async function connectClickHouseCluster(options: ClusterOptions): Promise<ClickHouse> {
  const { url, placement: source } = options
  const database = plainName(options.database ?? 'zhike')
  const entry = await connectClickHouse({ url, database })
  const shardDoors = createShardDoors(url, database, entry)
  const views = new Map<number, Promise<View>>()

  async function expose(placement: Placement, shards: readonly Shard[]) {
    const tables = await listLocalTables(shards[0]!.ch, placement)
    const view = viewDatabase(database, placement.version)
    await exposeTables(entry, { database: view, local: database, placement, tables })
    return { view, tables }
  }

  async function openView(placement: Placement): Promise<View> {
    const shards = await shardDoors.of(placement)
    const { view, tables } = await expose(placement, shards)
    const seen = { local: database, placement, tables }
    const all = await connectClickHouse({
      url,
      database: view,
      chunkBits: placement.chunkBits,
      settings: { ...clusterSettings, ...hidingSettings(seen) },
    })
    return {
      all,
      shards: shards.map(({ shard, ch }) => withSettings(ch, hidingSettings(seen, shard))),
      close: () => all.close(),
    }
  }

  const viewOf = (placement: Placement): Promise<View> => {
    const known = views.get(placement.version)
    if (known) return known
    const opening = openView(placement)
    opening.catch(() => views.delete(placement.version))
    views.set(placement.version, opening)
    return opening
  }

  source.onRetired((version) => {
    const view = views.get(version)
    views.delete(version)
    void view?.then(({ close }) => close()).catch(() => undefined)
  })

  // A mover stops merges while it copies; left like that for long, inserts would fail for too many parts.
  source.onAbandoned(() =>
    source.read(async (placement) => {
      for (const { ch } of await shardDoors.of(placement)) await startMerges(ch, placement)
    }),
  )

  /** What defines or mutates runs on every shard; a new shape of a table is shown through the cluster at once. */
  async function define(placement: Placement, fragment: Sql, given: QueryOptions | undefined): Promise<void> {
    const { shards } = await viewOf(placement)
    await Promise.all(shards.map((shard) => shard.command(fragment, given)))
    if (!mutation.test(fragment.text[0] ?? '')) await expose(placement, await shardDoors.of(placement))
  }

  const read = <T>(work: (all: ClickHouse) => Promise<T>): Promise<T> =>
    source.read(async (placement) => work((await viewOf(placement)).all))
  const write = <T>(work: (all: ClickHouse) => Promise<T>): Promise<T> =>
    source.write(async (placement) => work((await viewOf(placement)).all))

  async function* stream<R>(fragment: Sql, given?: QueryOptions): AsyncGenerator<R[]> {
    const { placement, end } = await source.begin()
    try {
      yield* (await viewOf(placement)).all.stream<R>(fragment, given)
    } finally {
      end()
    }
  }

  const close = async () => {
    await source.close()
    const open = await Promise.allSettled(views.values())
    for (const view of open) if (view.status === 'fulfilled') await view.value.close()
    await shardDoors.close()
    await entry.close()
  }
  try {
    const chunkBits = await source.read(async (placement) => {
      await viewOf(placement)
      return placement.chunkBits
    })
    return {
      kind: 'cluster',
      database,
      chunkBits,
      onEachShard: (work, { writes } = { writes: false }) =>
        (writes ? source.write : source.read)(async (placement) =>
          Promise.all((await viewOf(placement)).shards.map((shard) => work(shard))),
        ),
      query: (fragment, given) => read((all) => all.query(fragment, given)),
      first: (fragment, given) => read((all) => all.first(fragment, given)),
      command: (fragment, given) =>
        definition.test(fragment.text[0] ?? '')
          ? source.write((placement) => define(placement, fragment, given))
          : write((all) => all.command(fragment, given)),
      stream,
      insertRows: (table, rows, given) => write((all) => all.insertRows(table, rows, given)),
      insertBinary: (table, columns, body, given) =>
        write((all) => all.insertBinary(table, columns, body, given)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
