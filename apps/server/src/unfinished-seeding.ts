import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '#platform/server/postgres/embedded-postgres.ts'

const marker = (dataDir: string) => join(dataDir, 'seeding')

/** Says on disk that the engines hold half a demo bank until the returned function is called. */
export function markSeeding(dataDir: string): () => void {
  writeFileSync(marker(dataDir), 'A start that finds this file begins the demo bank anew.\n')
  return () => rmSync(marker(dataDir), { force: true })
}

/**
 * A seeding that was cut off is begun anew on empty engines: nothing else can be in them, for they were empty when it began
 * and the program was not ready yet.
 */
export async function clearUnfinishedSeeding(dataDir: string, print: (line: string) => void): Promise<void> {
  if (!existsSync(marker(dataDir))) return
  print('The last seeding was cut off; beginning anew.')
  // A server that outlived its program still writes there: adopt it to stop it.
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') })
  await postgres.stop()
  for (const part of ['postgres', 'clickhouse', 'spool'])
    rmSync(join(dataDir, part), { recursive: true, force: true })
  rmSync(marker(dataDir), { force: true })
}
