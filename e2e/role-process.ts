import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type RoleProcess = {
  url: string
  child: ChildProcess
  output: () => string
  /** Resolves with the exit code. */
  exited: Promise<number | null>
  /** Megabytes of memory it has now. */
  rssMb(): number
  kill(): Promise<void>
  stop(): Promise<number | null>
}

/** Starts one process of a cluster with these settings alone, and waits until it says that it is ready. */
export function startRole(env: Record<string, string>): Promise<RoleProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'start-role.ts')], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, TZ: process.env.TZ },
      ...{
        UV_THREADPOOL_SIZE: '8',
        PORT: '0',
        ZHIKE_LOG_LEVEL: 'error',
        NODE_OPTIONS: '--max-old-space-size=512',
      },
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-50_000)
      const url = /ready on (http:\S+)/.exec(output)?.[1]
      if (!url) return
      resolve({
        ...{ url, child, output: () => output, exited, kill },
        rssMb: () =>
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
        async stop() {
          child.kill('SIGTERM')
          return exited
        },
      })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then((code) => reject(new Error(`the process ended with ${code}:\n${output}`)))
  })
}
