import { z } from 'zod'
import type { ClickHouse } from '../clickhouse/clickhouse.ts'
import type { Http } from '../http.ts'
import type { Postgres } from '../postgres/postgres.ts'
import { readClusterStatus } from './cluster-status.ts'

const Shard = z.object({
  shard: z.number().int(),
  address: z.string(),
  chunks: z.number().int(),
  slots: z.number().int(),
  rows: z.number().nullable(),
  bytes: z.number().nullable(),
})

const Cluster = z
  .object({
    kind: z.enum(['embedded', 'server', 'cluster']),
    cluster: z.string().nullable(),
    version: z.number().int().nullable(),
    chunkSize: z.number().int().nullable(),
    move: z
      .object({
        kind: z.enum(['customer', 'slot']),
        units: z.number().int(),
        from: z.number().int(),
        to: z.number().int(),
        state: z.enum(['copying', 'flipped']),
      })
      .nullable(),
    shards: z.array(Shard),
  })
  .meta({ id: 'Cluster' })

/** Registers what each shard of the warehouse holds; without a cluster there are none. */
export function registerClusterRoutes(http: Http, deps: { pg: Postgres; ch: ClickHouse }): void {
  http.get(
    '/api/cluster',
    {
      config: { permission: 'system.read' },
      schema: { operationId: 'getCluster', tags: ['system'], response: { 200: Cluster } },
    },
    async () => {
      const { kind } = deps.ch
      const status = kind === 'cluster' ? await readClusterStatus(deps) : undefined
      if (!status) return { kind, cluster: null, version: null, chunkSize: null, move: null, shards: [] }
      const { cluster, version, chunkSize, move, shards } = status
      return { kind, cluster, version, chunkSize, move, shards }
    },
  )
}
