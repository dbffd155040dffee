import { join } from 'node:path'
import {
  type ClickHouse,
  connectClickHouse,
  openEmbeddedClickHouse,
} from '#platform/server/clickhouse/clickhouse.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
import type { Config } from '#platform/server/config.ts'
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

const openClickHouse = (config: Config): Promise<ClickHouse> =>
  config.clickHouseUrl
    ? connectClickHouse({
        url: config.clickHouseUrl,
        ...(config.clickHouseCluster ? { cluster: config.clickHouseCluster } : {}),
      })
    : openEmbeddedClickHouse({ dataDir: join(config.dataDir, 'clickhouse') })

/** Opens both engines, embedded or servers as the settings say, and brings their schemas up to date. */
export async function openEngines(config: Config): Promise<Engines> {
  const [postgres, clickHouse] = await Promise.allSettled([openPostgres(config), openClickHouse(config)])
  if (postgres.status === 'rejected' || clickHouse.status === 'rejected') {
    if (postgres.status === 'fulfilled') await postgres.value.stop()
    if (clickHouse.status === 'fulfilled') await clickHouse.value.close()
    throw postgres.status === 'rejected' ? postgres.reason : (clickHouse as PromiseRejectedResult).reason
  }
  const { pg, stop } = postgres.value
  const ch = clickHouse.value
  const close = async () => {
    await Promise.all([ch.close(), stop()])
  }
  try {
    await Promise.all([
      migratePostgres(pg, join(repositoryRoot, 'db/postgres')),
      migrateClickHouse(ch, join(repositoryRoot, 'db/clickhouse')),
    ])
  } catch (error) {
    await close()
    throw error
  }
  return { pg, ch, areEmbedded: !config.databaseUrl && !config.clickHouseUrl, close }
}
