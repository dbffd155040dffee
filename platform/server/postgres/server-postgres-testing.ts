import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startCluster } from './postgres-cluster.ts'
import { makeTestDataDir } from './postgres-test-server.ts'

const binDir = '/usr/lib/postgresql/15/bin'

/** Why there is no PostgreSQL 15 to test against; undefined when there is one. */
export const whyNoServer15 = (): string | undefined =>
  existsSync(join(binDir, 'initdb')) ? undefined : `${binDir} is missing: apt-get install postgresql-15`

/** Starts a throwaway PostgreSQL 15, the oldest server we support. */
export async function startServer15(): Promise<{ url: string; end(): Promise<void> }> {
  const { dataDir, end } = makeTestDataDir('zhike-test-postgres-15-')
  const { url } = await startCluster({ binDir, localeArgs: ['--locale=C.UTF-8'], dataDir, forTests: true })
  return { url, end }
}
