import { join } from 'node:path'
import {
  type ClickHouse,
  connectClickHouse,
  connectClickHouseCluster,
  openEmbeddedClickHouse,
} from '#platform/server/clickhouse/clickhouse.ts'
import { defaultChunkBits } from '#platform/server/clickhouse/clickhouse-settings.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
import type { Config } from '#platform/server/config.ts'
import { prepareCluster } from '#platform/server/placement/cluster.ts'
import { openPlacement } from '#platform/server/placement/open-placement.ts'
import { startEmbeddedPostgres } from '#platform/server/postgres/embedded-postgres.ts'
import { migratePostgres } from '#platform/server/postgres/migrate-postgres.ts'
import { connectPostgres, type Postgres } from '#platform/server/postgres/postgres.ts'
import { repositoryRoot } from './repository.ts'

export type Engines = {
  pg: Postgres
  ch: ClickHouse
  /** Both engines are this machine's own: only then may a demo bank be seeded. */
  areEmbedded: boolean
  close(): Promise<void>
}

async function openPostgres(config: Config): Promise<{ pg: Postgres; stop: () => Promise<void> }> {
  if (config.databaseUrl) {
    const pg = await connectPostgres(config.databaseUrl, { applicationName: 'zhike' })
    return { pg, stop: () => pg.close() }
  }
  const server = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres') })
  try {
    const pg = await connectPostgres(server.url, { max: 30, applicationName: 'zhike' })
    return {
      pg,
      stop: async () => {
        await pg.close()
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function openCluster(pg: Postgres, url: string, cluster: string): Promise<ClickHouse> {
  await prepareCluster({ pg, url }, { cluster, chunkBits: defaultChunkBits })
  const placement = await openPlacement(pg)
  try {
    return await connectClickHouseCluster({ url, placement })
  } catch (error) {
    await placement.close()
    throw error
  }
}

async function openClickHouse(config: Config, pg: Postgres): Promise<ClickHouse> {
  const { clickHouseUrl: url, clickHouseCluster: cluster } = config
  if (!url) return openEmbeddedClickHouse({ dataDir: join(config.dataDir, 'clickhouse') })
  return cluster ? openCluster(pg, url, cluster) : connectClickHouse({ url })
}

/** The folder of the warehouse's migrations. */
export const clickHouseMigrations = join(repositoryRoot, 'db/clickhouse')

/** Opens both engines, embedded or servers as the settings say, and brings their schemas up to date. */
export async function openEngines(config: Config): Promise<Engines> {
  const { pg, stop } = await openPostgres(config)
  let ch: ClickHouse | undefined
  const close = async () => {
    // A cluster's doors hold a connection of PostgreSQL.
    await ch?.close()
    await stop()
  }
  try {
    // What lies where in a cluster is written in PostgreSQL, so its schema comes first.
    await migratePostgres(pg, join(repositoryRoot, 'db/postgres'))
    ch = await openClickHouse(config, pg)
    await migrateClickHouse(ch, clickHouseMigrations)
    return { pg, ch, areEmbedded: !config.databaseUrl && !config.clickHouseUrl, close }
  } catch (error) {
    await close()
    throw error
  }
}
