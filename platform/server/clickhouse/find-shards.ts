import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from './clickhouse.ts'

/** A shard as the servers' config names it, and where it answers HTTP. */
export type FoundShard = { shard: number; host: string; port: number; url: string }

type Row = { shard: number; host: string; port: number; http: number; uses: string }

/**
 * The shards of a cluster as the entry server knows them, first replicas only. Their HTTP addresses follow from the
 * entry's: the same protocol and account, the shard's host, and the port the shard itself says it listens on.
 */
export async function findShards(
  entry: ClickHouse,
  entryUrl: string,
  cluster: string,
): Promise<FoundShard[]> {
  const name = typed('String', cluster)
  const url = new URL(entryUrl)
  const setting = url.protocol === 'https:' ? sql`'https_port'` : sql`'http_port'`
  const known = await entry.query<Omit<Row, 'http' | 'uses'>>(sql`
    SELECT c.shard_num AS shard, c.host_name AS host, c.port AS port FROM system.clusters AS c
    WHERE c.cluster = ${name} AND c.replica_num = 1 ORDER BY c.shard_num`)
  if (known.length === 0)
    throw clickhouseErrors('CLICKHOUSE_UNAVAILABLE', {
      reason: `system.clusters of the entry server holds no cluster ${cluster}`,
    })
  const ports = await entry.query<{ shard: number; http: number }>(sql`
    SELECT shardNum() AS shard, getServerPort(${setting}) AS http FROM cluster(${name}, system.one)`)
  const portOf = new Map(ports.map((row) => [Number(row.shard), Number(row.http)]))
  return known.map(({ shard, host, port }) => {
    const own = new URL(url)
    own.hostname = host
    own.port = String(portOf.get(Number(shard)) ?? url.port)
    return { shard: Number(shard), host, port: Number(port), url: own.toString().replace(/\/$/, '') }
  })
}
