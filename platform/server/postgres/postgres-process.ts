import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The contents of a data directory's `postmaster.pid`, as far as we rely on it. */
export type Postmaster = { pid: number; port: number; isReady: boolean; identity: string }

/** Polls until `probe` gives a value; undefined when the time is over. */
export async function pollUntil<T>(probe: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const value = probe()
    if (value !== undefined || performance.now() > until) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Tells one process from a later one with the same pid; undefined for one that is gone or a zombie. */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name may hold spaces and brackets, so fields are counted from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isDead = fields[0] === 'Z' || fields[0] === 'X'
    return isDead ? undefined : `${pid}@${fields[19]}`
  } catch {
    return undefined
  }
}

const isServerOf = (pid: number, clusterDir: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(clusterDir)
  } catch {
    return false
  }
}

const readLockFile = (clusterDir: string): string[] | undefined => {
  try {
    return readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Finds the server that lives on a data directory. PostgreSQL clears away the lock file of a dead server itself;
 * `foreign` is one whose process number now belongs to some other program, `empty` one that is being written or was
 * cut off by a power failure.
 */
export function findPostmaster(clusterDir: string): Postmaster | 'foreign' | 'empty' | undefined {
  const lines = readLockFile(clusterDir)
  if (lines === undefined) return undefined
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return 'empty'
  const identity = processIdentity(pid)
  if (identity === undefined) return undefined
  if (!isServerOf(pid, clusterDir)) return processIdentity(pid) === identity ? 'foreign' : undefined
  return { pid, identity, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' }
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const fastShutdownMs = 60_000

/** Shuts a server down (fast: clients are disconnected, nothing is lost) and waits until its process is gone. */
export async function stopPostmaster(server: { pid: number; identity: string }): Promise<void> {
  const isGone = () => (processIdentity(server.pid) === server.identity ? undefined : true)
  if (isGone()) return
  signal(server.pid, 'SIGINT')
  if (await pollUntil(isGone, fastShutdownMs)) return
  // An immediate shutdown is as safe as a power cut: the next start replays the log.
  signal(server.pid, 'SIGQUIT')
  await pollUntil(isGone, fastShutdownMs)
}
