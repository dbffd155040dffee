import { sql, typed } from '#platform/common/sql.ts'
import { type ClickHouse, connectClickHouse } from '../clickhouse/clickhouse.ts'
import { type FoundShard, findShards } from '../clickhouse/find-shards.ts'
import type { Peer } from './copy-units.ts'
import { placementErrors } from './placement-errors.ts'
import type { ShardAddress } from './placement-store.ts'

/** A shard with its own door, and as other shards reach it. */
export type OpenedShard = { found: FoundShard; ch: ClickHouse; peer: Peer }

/** Refuses a cluster whose first shards aren't those we know, in their order. */
export function checkOrder(
  cluster: string,
  known: readonly ShardAddress[],
  found: readonly ShardAddress[],
): void {
  const text = (one: ShardAddress | undefined) => (one ? `${one.host}:${one.port}` : 'nothing')
  for (const [index, before] of known.entries()) {
    const [expected, now] = [text(before), text(found[index])]
    if (expected !== now)
      throw placementErrors('CLUSTER_SHARDS_CHANGED', {
        cluster,
        shard: index + 1,
        expected,
        found: now,
      })
  }
}

/** Opens every shard of a cluster by its own HTTP address. */
export async function openShards(input: {
  url: string
  database: string
  cluster: string
  chunkBits: number
}) {
  const { url, database, cluster, chunkBits } = input
  const entry = await connectClickHouse({ url, database, chunkBits })
  const { username, password } = new URL(url)
  const opened: OpenedShard[] = []
  const close = async () => {
    await Promise.all([entry, ...opened.map(({ ch }) => ch)].map((ch) => ch.close()))
  }
  try {
    for (const found of await findShards(entry, url, cluster))
      opened.push({
        found,
        ch: await connectClickHouse({ url: found.url, database, chunkBits }),
        peer: {
          address: `${found.host}:${found.port}`,
          user: decodeURIComponent(username) || 'default',
          password: decodeURIComponent(password),
        },
      })
  } catch (error) {
    await close()
    throw error
  }
  return {
    all: opened as readonly OpenedShard[],
    shard(number: number): OpenedShard {
      const found = opened[number - 1]
      if (!found) throw placementErrors('CLUSTER_SHARD_UNKNOWN', { shard: number })
      return found
    },
    /** Drops the databases that show placements older than the version. */
    async forget(version: number): Promise<void> {
      const rows = await entry.query<{ name: string }>(sql`
        SELECT d.name AS name FROM system.databases AS d
        WHERE startsWith(d.name, ${typed('String', `${database}_v`)})
          AND toUInt32OrZero(substring(d.name, ${typed('UInt32', database.length + 3)})) < ${typed('UInt32', version)}
          AND match(d.name, '_v[0-9]+$')`)
      for (const { name } of rows)
        await entry.command({ kind: 'sql', text: [`DROP DATABASE IF EXISTS \`${name}\``], values: [] })
    },
    close,
  }
}

export type OpenedShards = Awaited<ReturnType<typeof openShards>>
