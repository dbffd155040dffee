import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { prepareLauncher } from './clickhouse-server-launchers.ts'

/** A running test server; `stop` ends it at once. */
export type TestClickHouseServer = { url: string; tcpPort: number; pid: number; stop(): Promise<void> }

/** `clusters` names the sharded clusters this server knows by the TCP ports of their shards. Ports default to free ones. */
export type TestServerOptions = {
  dir: string
  tcpPort?: number
  httpPort?: number
  clusters?: Readonly<Record<string, readonly number[]>>
  maxServerMemoryBytes?: number
}

const libraryPath = (): string | undefined => {
  const found = (
    createRequire(import.meta.url)('chdb/libchdb') as { tryResolveLibchdb(): { path: string } | undefined }
  ).tryResolveLibchdb()
  return found && existsSync(found.path) ? found.path : undefined
}

/** A free port of this machine. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

const configXml = (options: TestServerOptions): string => {
  const shardXml = (port: number) =>
    `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`
  const clusters = Object.entries(options.clusters ?? {}).map(
    ([name, ports]) => `<${name}>${ports.map(shardXml).join('')}</${name}>`,
  )
  return `<clickhouse>
  <timezone>UTC</timezone>
  <max_server_memory_usage>${options.maxServerMemoryBytes ?? 2_000_000_000}</max_server_memory_usage>
  ${clusters.length > 0 ? `<remote_servers>${clusters.join('')}</remote_servers>` : ''}
</clickhouse>
`
}

const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}

const untilReady = async (child: ChildProcess, url: string, errors: () => string): Promise<void> => {
  const deadline = Date.now() + 60_000
  while (!(await isReady(url))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The test ClickHouse server ended: ${errors().slice(-1_000)}`)
    if (Date.now() > deadline) throw new Error('The test ClickHouse server did not answer within 60 s')
    await new Promise((again) => setTimeout(again, 20))
  }
}

// `clickhouse local` serves only as long as its query runs: ten hours, if the parent's death does not end it before.
const query = `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; SELECT sleepEachRow(1) FROM numbers(36000)
  FORMAT Null SETTINGS function_sleep_max_microseconds_per_block = 0, max_block_size = 1, max_execution_time = 0`

/** Why no test server can start on this machine, or undefined when one can. */
export async function findTestServerObstacle(dir: string): Promise<string | undefined> {
  await mkdir(dir, { recursive: true })
  const launcher = prepareLauncher(dir)
  if ('reason' in launcher) return launcher.reason
  return libraryPath() ? undefined : 'the chdb package holds no library for this machine'
}

/**
 * Starts a real networked ClickHouse from the library of the chdb package. It has no ZooKeeper: no replication and
 * no ON CLUSTER. It ends with this process, also when that is killed.
 */
export async function startTestClickHouseServer(options: TestServerOptions): Promise<TestClickHouseServer> {
  const dir = resolve(options.dir)
  await mkdir(dir, { recursive: true })
  const launcher = prepareLauncher(dir)
  const library = libraryPath()
  if ('reason' in launcher) throw new Error(launcher.reason)
  if (!library) throw new Error('the chdb package holds no library for this machine')
  const configFile = join(dir, 'server.xml')
  await writeFile(configFile, configXml(options))
  const tcpPort = options.tcpPort ?? (await findFreePort())
  const httpPort = options.httpPort ?? (await findFreePort())
  const url = `http://127.0.0.1:${httpPort}`
  const [command, ...first] = launcher.command
  const args = [
    ...[...first, library, String(process.pid)],
    ...[`--path=${join(dir, 'data')}`, `--config-file=${configFile}`, '--listen_host=127.0.0.1'],
    ...[`--tcp_port=${tcpPort}`, `--http_port=${httpPort}`, '--multiquery', `--query=${query}`],
  ]
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000)
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await untilReady(child, url, () => errors)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, tcpPort, pid: child.pid ?? 0, stop }
}
