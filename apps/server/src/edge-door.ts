import { join } from 'node:path'
import { createForwardServer, loadWriteKeys, readInstance } from '#features/ingest/server/index.ts'
import { type Config, ConfigError } from '#platform/server/config.ts'
import { readTlsMaterial } from '#platform/server/tls-material.ts'
import type { Log, Parts } from './parts.ts'

/** Opens the internal door for edge processes where the settings ask for one; gives how to close it. */
export async function openEdgeDoor(
  config: Config,
  parts: Pick<Parts, 'pg' | 'plan' | 'ingest'>,
  deps: { log: Log; print: (line: string) => void },
): Promise<() => Promise<void>> {
  const { internalPort, host, tls } = config
  if (internalPort === undefined || !tls) return async () => {}
  const server = createForwardServer({
    tls: readTlsMaterial(tls),
    road: parts.ingest.road,
    instance: await readInstance(join(config.dataDir, 'spool')),
    readSnapshot: async () => ({
      keys: await loadWriteKeys(parts.pg),
      plan: await parts.plan.snapshot(),
      eventMonths: parts.ingest.eventAge.months(),
    }),
    log: deps.log,
  })
  try {
    deps.print(`Edges come in on https://${host}:${await server.listen(internalPort, host)}`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new ConfigError(`ZHIKE_INTERNAL_PORT: ${internalPort} is taken by another program.`)
    throw error
  }
  return () => server.close()
}
