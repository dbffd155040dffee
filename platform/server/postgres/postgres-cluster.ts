import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { postgresErrors } from '#platform/common/postgres-errors.ts'
import { type Account, chooseAccount } from './postgres-account.ts'
import {
  findPostmaster,
  type Postmaster,
  pollUntil,
  processIdentity,
  stopPostmaster,
} from './postgres-process.ts'

/** A PostgreSQL server that runs on this machine for us. */
export type LocalPostgres = { url: string; pid: number; adopted: boolean; stop(): Promise<void> }

/** Which binaries to run and where; `forTests` gives up safety on power cuts for speed. */
export type ClusterOptions = {
  binDir: string
  localeArgs: readonly string[]
  dataDir: string
  forTests?: boolean
}

type Cluster = ClusterOptions & { clusterDir: string; account: Account }

const startTimeoutMs = 60_000
const lockFileWriteMs = 1_000
const maxLogBytes = 10_000_000
const user = 'zhike'
// Nothing of PG* may leak in from the caller's environment, and no LANG is needed.
const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

const fail = (reason: string) => postgresErrors('POSTGRES_START_FAILED', { reason })

const syncPath = (path: string): void => {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

const removeLeftovers = (dataDir: string): void => {
  for (const name of readdirSync(dataDir)) {
    const pid = /^init-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || processIdentity(Number(pid)) !== undefined) continue
    rmSync(join(dataDir, name), { recursive: true, force: true })
  }
}

const runInitdb = (
  { binDir, localeArgs, forTests, account }: Cluster,
  target: string,
  passwordFile: string,
): void => {
  const encoding = ['--encoding=UTF8', ...localeArgs]
  const access = [`--username=${user}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const sync = forTests ? ['--no-sync'] : []
  const initdb = account.command(join(binDir, 'initdb'), ['-D', target, ...encoding, ...access, ...sync])
  const done = spawnSync(initdb.program, initdb.args, {
    ...initdb,
    env: environment,
    cwd: '/',
    encoding: 'utf8',
  })
  if (done.status !== 0) throw fail(done.error?.message ?? `initdb: ${done.stderr.trim()}`)
}

/** Makes the cluster beside its final place, so that a kill in the middle leaves nothing that looks like one. */
const initialise = (cluster: Cluster): void => {
  const { dataDir, clusterDir, account } = cluster
  const stage = mkdtempSync(join(dataDir, `init-${process.pid}-`))
  try {
    chmodSync(stage, 0o711)
    const [target, passwordFile] = [join(stage, 'cluster'), join(stage, 'password')]
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    mkdirSync(target, { mode: 0o700 })
    for (const path of [target, passwordFile]) account.own(path)
    runInitdb(cluster, target, passwordFile)
    renameSync(passwordFile, join(target, 'zhike-password'))
    if (!cluster.forTests) for (const path of [join(target, 'zhike-password'), target]) syncPath(path)
    renameSync(target, clusterDir)
    if (!cluster.forTests) syncPath(dataDir)
  } catch (error) {
    // Another process that made the same cluster first is welcome.
    if (!existsSync(clusterDir)) throw error
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

const findFreePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const probe = createServer()
    probe.once('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const settings = (port: number, forTests: boolean): Record<string, string> => ({
  port: `${port}`,
  listen_addresses: '127.0.0.1',
  // TCP with a password works everywhere; a socket's path may not be longer than 107 bytes.
  unix_socket_directories: '',
  shared_buffers: '256MB',
  max_connections: '60',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  // Statements and the details of an error hold customers' data: the log gets neither.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  ...Object.fromEntries(
    ['fsync', 'synchronous_commit', 'full_page_writes'].map((name) => [name, forTests ? 'off' : 'on']),
  ),
})

const openLog = (path: string): number => {
  const isTooLong = existsSync(path) && statSync(path).size > maxLogBytes
  return openSync(path, isTooLong ? 'w' : 'a', 0o600)
}

const launch = async (cluster: Cluster, logPath: string) => {
  const { binDir, clusterDir, forTests = false, account } = cluster
  const port = await findFreePort()
  const args = Object.entries(settings(port, forTests)).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = account.command(join(binDir, 'postgres'), ['-D', clusterDir, ...args])
  const log = openLog(logPath)
  const state: { exit?: string } = {}
  // Detached: Ctrl-C in the terminal is for the program, which then stops its server in order.
  const child = spawn(server.program, server.args, {
    ...server,
    env: environment,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.once('error', (error) => {
    state.exit = error.message
  })
  child.once('exit', (code, name) => {
    state.exit = `it ended with ${name ?? code}`
  })
  child.unref()
  return state
}

const logTail = (path: string, from: number): string =>
  readFileSync(path).subarray(from).toString('utf8').trim().split('\n').slice(-3).join(' | ')

const findReady = (clusterDir: string): Postmaster | undefined => {
  const found = findPostmaster(clusterDir)
  return typeof found === 'object' && found.isReady ? found : undefined
}

/** What another process may cause or a killed server leaves for a moment; everything else will not pass. */
const isPassing =
  /lock file ".*" (already exists|is empty)|could not bind|Address already in use|shared memory block/

const startOnce = async (cluster: Cluster): Promise<Postmaster | { reason: string }> => {
  const logPath = join(cluster.dataDir, 'postgres.log')
  const logStart = existsSync(logPath) ? statSync(logPath).size : 0
  const state = await launch(cluster, logPath)
  await pollUntil(() => (state.exit || findReady(cluster.clusterDir) ? true : undefined), startTimeoutMs)
  const ready = findReady(cluster.clusterDir)
  if (ready && state.exit === undefined) return ready
  const reason = `${state.exit ?? 'it was not ready in time'}; ${logTail(logPath, logStart)}`
  if (state.exit !== undefined && isPassing.test(reason)) return { reason }
  throw fail(reason)
}

/** A server without fsync, left by tests, must not be adopted for real data. */
const isSafeEnough = (cluster: Cluster): boolean =>
  cluster.forTests === true ||
  !readFileSync(join(cluster.clusterDir, 'postmaster.opts'), 'utf8').includes('fsync=off')

const adopt = async (cluster: Cluster): Promise<Postmaster | undefined> => {
  const { clusterDir } = cluster
  const isWritten = () => (findPostmaster(clusterDir) === 'empty' ? undefined : true)
  const isLeftEmpty = (await pollUntil(isWritten, lockFileWriteMs)) === undefined
  if (isLeftEmpty || findPostmaster(clusterDir) === 'foreign')
    rmSync(join(clusterDir, 'postmaster.pid'), { force: true })
  // A living one may be starting (soon ready) or stopping (soon gone).
  const isSettled = () => {
    const found = findPostmaster(clusterDir)
    return typeof found !== 'object' || found.isReady ? true : undefined
  }
  await pollUntil(isSettled, startTimeoutMs)
  const ready = findReady(clusterDir)
  if (ready === undefined || isSafeEnough(cluster)) return ready
  await stopPostmaster(ready)
  return undefined
}

const findOrStart = async (cluster: Cluster): Promise<Postmaster & { adopted: boolean }> => {
  const until = performance.now() + startTimeoutMs
  for (;;) {
    const living = await adopt(cluster)
    if (living) return { ...living, adopted: true }
    const started = await startOnce(cluster)
    if ('pid' in started) return { ...started, adopted: false }
    if (performance.now() > until) throw fail(started.reason)
  }
}

const prepareFolder = (dataDir: string): string => {
  if (!existsSync(dataDir)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 })
    chmodSync(dataDir, 0o711)
  }
  return join(realpathSync(dirname(dataDir)), basename(dataDir))
}

/**
 * Starts the server of a data folder, or takes over one that still lives there; the folder is made when missing.
 * Whoever calls `stop` stops it for everybody.
 */
export async function startCluster(options: ClusterOptions): Promise<LocalPostgres> {
  const dataDir = prepareFolder(resolve(options.dataDir))
  const clusterDir = join(dataDir, 'cluster')
  const cluster: Cluster = { ...options, dataDir, clusterDir, account: chooseAccount(dataDir, clusterDir) }
  removeLeftovers(dataDir)
  if (!existsSync(clusterDir)) initialise(cluster)
  const { pid, identity, port, adopted } = await findOrStart(cluster)
  const password = readFileSync(join(clusterDir, 'zhike-password'), 'utf8')
  return {
    url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
    pid,
    adopted,
    stop: () => stopPostmaster({ pid, identity }),
  }
}
