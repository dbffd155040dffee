import { mkdirSync } from 'node:fs'
import { createSystemClock } from '#platform/common/clock.ts'
import { type Config, ConfigError } from '#platform/server/config.ts'
import { composeApp } from './compose.ts'
import { newSecret, operatorCheck, removeControlFile, writeControlFile } from './control-file.ts'
import { openEngines } from './engines.ts'
import { clearUnfinishedSeeding } from './unfinished-seeding.ts'

export type RunningServer = { url: string; stop(): Promise<void> }

/** Starts the whole program in this process; ready, seeding included, when the promise resolves. */
export async function startServer(config: Config, print: (line: string) => void): Promise<RunningServer> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o755 })
  const secret = newSecret()
  await clearUnfinishedSeeding(config.dataDir, print)
  const engines = await openEngines(config)
  const closers: (() => Promise<void>)[] = [() => engines.close()]
  const stop = async () => {
    for (const close of closers.reverse()) await close()
    removeControlFile(config.dataDir)
  }
  try {
    const app = await composeApp({
      config,
      engines,
      clock: createSystemClock(),
      isOperator: operatorCheck(secret),
    })
    const url = await listen(app.http, config)
    closers.push(() => app.http.close())
    writeControlFile(config.dataDir, { pid: process.pid, url, secret })
    await app.start(print)
    closers.push(() => app.stop())
    app.markReady()
    print(`Zhike 知客 is ready on ${url}`)
    for (const line of await app.greeting()) print(line)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function listen(
  http: { listen(options: { port: number; host: string }): Promise<string> },
  config: Config,
): Promise<string> {
  try {
    return await http.listen({ port: config.port, host: config.host })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new ConfigError(`PORT: ${config.port} is taken by another program.`)
    if (code === 'EACCES') throw new ConfigError(`PORT: this user may not listen on ${config.port}.`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new ConfigError(`HOST: ${config.host} is no address of this machine.`)
    throw error
  }
}
