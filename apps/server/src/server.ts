import { mkdirSync } from 'node:fs'
import { createSystemClock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { type Config, ConfigError, isEdgeOnly } from '#platform/server/config.ts'
import { composeApp } from './compose.ts'
import { composeEdge } from './compose-edge.ts'
import { newSecret, operatorCheck, removeControlFile, writeControlFile } from './control-file.ts'
import { type Engines, openEngines } from './engines.ts'
import type { Program } from './program.ts'
import { clearUnfinishedSeeding } from './unfinished-seeding.ts'

export type RunningServer = { url: string; stop(): Promise<void> }

/** How often a process of a cluster looks whether its database servers have come up. */
const enginesEveryMs = 1000

/** In a cluster a process may start before its servers: it waits for them, and says so. */
async function openPatiently(
  config: Config,
  print: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Engines> {
  const isPatient = config.databaseUrl !== undefined && config.clickHouseUrl !== undefined
  for (let round = 0; ; round += 1) {
    try {
      return await openEngines(config)
    } catch (error) {
      const isAway = error instanceof AppError ? error.errorKind === 'unavailable' : isNetworkError(error)
      if (!isPatient || !isAway) throw error
      if (round % 30 === 0) print(`Waiting for the database servers: ${(error as Error).message}`)
    }
    await new Promise((again) => setTimeout(again, enginesEveryMs))
    if (signal?.aborted) throw new Error('stopped while waiting for the database servers')
  }
}

const isNetworkError = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', '57P03'].includes(
    (error as { code?: string }).code ?? '',
  ) || /timeout|terminated/i.test((error as Error).message ?? '')

/** Builds what the roles need; `closers` end it, the last one first. */
async function compose(
  config: Config,
  isOperator: ReturnType<typeof operatorCheck>,
  options: {
    print: (line: string) => void
    signal: AbortSignal | undefined
    closers: (() => Promise<void>)[]
  },
): Promise<Program> {
  const clock = createSystemClock()
  if (isEdgeOnly(config.roles)) return composeEdge({ config, clock, isOperator })
  await clearUnfinishedSeeding(config.dataDir, options.print)
  const engines = await openPatiently(config, options.print, options.signal)
  options.closers.push(() => engines.close())
  return composeApp({ config, engines, clock, isOperator })
}

/** Starts the program's roles in this process; ready, seeding included, when the promise resolves. */
export async function startServer(
  config: Config,
  print: (line: string) => void,
  signal?: AbortSignal,
): Promise<RunningServer> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o755 })
  const secret = newSecret()
  const closers: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const close of closers.reverse()) await close()
    removeControlFile(config.dataDir)
  }
  try {
    const program = await compose(config, operatorCheck(secret), { print, signal, closers })
    const url = await listen(program.http, config)
    closers.push(() => program.http.close())
    writeControlFile(config.dataDir, { pid: process.pid, url, secret })
    await program.start(print)
    closers.push(() => program.stop())
    program.markReady()
    print(`Zhike 知客 is ready on ${url}`)
    for (const line of await program.greeting()) print(line)
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
