import { resolve } from 'node:path'
import { AppError } from '#platform/common/errors.ts'
import { ConfigError, readConfig } from '#platform/server/config.ts'
import { isAlive, readControlFile } from './control-file.ts'
import { startServer } from './server.ts'

/** How long a start waits for a dying server of the same data directory. */
const handOverMs = 15_000

/** Ends with a clear line and an exit code: 2 for a wrong setting, 1 for anything else. */
function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(error.message)
    process.exit(2)
  }
  console.error(error instanceof AppError ? `${error.code}: ${error.message}` : error)
  process.exit(1)
}

async function waitForHandOver(dataDir: string): Promise<void> {
  const until = Date.now() + handOverMs
  for (;;) {
    const control = readControlFile(dataDir)
    if (!control || control.pid === process.pid || !isAlive(control)) return
    const isServing = await fetch(`${control.url}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    )
    if (isServing)
      throw new ConfigError(
        `Zhike already runs on ${control.url} with the data directory ${dataDir} (process ${control.pid}).`,
      )
    if (Date.now() > until) return
    await new Promise((done) => setTimeout(done, 100))
  }
}

/** `npm start`: prepares, starts everything, stops cleanly on Ctrl-C, SIGTERM and when its parent is gone. */
export async function startFromCommandLine(options: { prepare: () => Promise<void> }): Promise<void> {
  const aborting = new AbortController()
  try {
    const config = readConfig()
    const dataDir = resolve(config.dataDir)
    await waitForHandOver(dataDir)
    await options.prepare()
    let stopping: Promise<void> | undefined
    const starting = startServer({ ...config, dataDir }, console.log, aborting.signal)
    const stop = (why: string) => {
      if (stopping) process.exit(1)
      console.log(`\n${why}: stopping …`)
      aborting.abort()
      stopping = starting
        .then((server) => server.stop())
        .then(
          () => process.exit(0),
          (error) => fail(error),
        )
    }
    process.on('SIGINT', () => stop('Ctrl-C'))
    process.on('SIGTERM', () => stop('SIGTERM'))
    process.on('SIGHUP', () => stop('SIGHUP'))
    // Killed with -9, the script that started us cannot pass it on: an orphan must not keep the port and the data.
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent && !stopping) stop('The starting process is gone')
    }, 500).unref()
    await starting
  } catch (error) {
    if (aborting.signal.aborted) process.exit(0)
    fail(error)
  }
}
