import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyRequest } from 'fastify'

/** What the command line needs to find and use a running server: a 0600 file in the data directory. */
export type ControlFile = { pid: number; url: string; secret: string }

const pathOf = (dataDir: string) => join(dataDir, 'server.json')

export const newSecret = (): string => randomBytes(32).toString('base64url')

export function writeControlFile(dataDir: string, control: ControlFile): void {
  mkdirSync(dataDir, { recursive: true })
  const path = pathOf(dataDir)
  writeFileSync(`${path}.new`, JSON.stringify(control), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Removes the file unless another process has taken the directory over meanwhile. */
export function removeControlFile(dataDir: string): void {
  if (readControlFile(dataDir)?.pid === process.pid) rmSync(pathOf(dataDir), { force: true })
}

export function readControlFile(dataDir: string): ControlFile | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(dataDir), 'utf8')) as ControlFile
  } catch {
    return undefined
  }
}

/** Whether the process of a control file still lives. */
export function isAlive({ pid }: ControlFile): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Recognises the command line of this machine by the secret of the control file. */
export function operatorCheck(secret: string): (request: FastifyRequest) => boolean {
  const expected = Buffer.from(`Bearer ${secret}`)
  return (request) => {
    const given = Buffer.from(request.headers.authorization ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}
