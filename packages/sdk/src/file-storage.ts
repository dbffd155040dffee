import {
  closeSync,
  fdatasync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Message } from './message.ts'
import type { NoteName, ZhikeStorage } from './storage.ts'

type Line = { put: Message } | { del: string[] } | { note: [NoteName, string] }

/** So many dead lines are worth a rewrite. */
const rewriteAfter = 2000

/**
 * Keeps the queue in an append-only file. A line is with the kernel when `track` returns, so it survives the process;
 * the disk is asked in the background, and `saved()` waits for it: without that a power cut can cost the last moments. One
 * process per file.
 */
export function fileStorage(path: string): ZhikeStorage {
  const messages = new Map<string, Message>()
  const notes = new Map<NoteName, string>()
  let file: number | undefined
  let deadLines = 0
  let sync: Promise<void> | undefined
  let isDirty = false
  let syncFailure: Error | undefined

  function apply(line: Line) {
    if ('put' in line && typeof line.put?.messageId === 'string') messages.set(line.put.messageId, line.put)
    else if ('del' in line) for (const id of line.del) messages.delete(id)
    else if ('note' in line) notes.set(...line.note)
  }

  function load() {
    for (const text of readLines(path)) {
      try {
        apply(JSON.parse(text) as Line)
      } catch {
        // The process died while writing this line, before `track` returned.
      }
    }
  }

  /** Written aside and renamed, so that a crash leaves the old file or the new one. */
  function rewrite() {
    const lines: Line[] = [
      ...[...notes].map((note): Line => ({ note })),
      ...[...messages.values()].map((put): Line => ({ put })),
    ]
    const aside = openSync(`${path}.new`, 'w', 0o600)
    writeAll(aside, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    fsyncSync(aside)
    renameSync(`${path}.new`, path)
    syncFolder(dirname(path))
    if (file !== undefined && !sync) closeSync(file)
    // A sync under way still needs the old descriptor; it closes it when done.
    else if (file !== undefined) void sync?.then(closeSync.bind(undefined, file))
    file = aside
    deadLines = 0
  }

  function write(line: Line) {
    if (file === undefined) return
    apply(line)
    writeAll(file, `${JSON.stringify(line)}\n`)
    isDirty = true
    sync ??= syncLater()
  }

  /** Writes that come during a sync are taken together by the next one. */
  async function syncLater() {
    while (isDirty && file !== undefined) {
      isDirty = false
      const descriptor = file
      await new Promise<void>((resolve) => {
        fdatasync(descriptor, (failure) => {
          syncFailure ??= failure ?? undefined
          resolve()
        })
      })
    }
    sync = undefined
  }

  function open(): Message[] {
    if (file === undefined) {
      lock(path)
      load()
      rewrite()
    }
    return [...messages.values()]
  }

  return {
    isDurable: true,
    open,
    append: (put) => write({ put }),
    remove(ids) {
      write({ del: ids })
      deadLines += ids.length
      if (deadLines > rewriteAfter && deadLines > messages.size) rewrite()
    },
    readNote(name) {
      open()
      return notes.get(name)
    },
    writeNote(name, value) {
      open()
      write({ note: [name, value] })
    },
    async saved() {
      await sync
      if (syncFailure) throw syncFailure
    },
    clear() {
      messages.clear()
      notes.clear()
      if (file === undefined) rmSync(path, { force: true })
      else rewrite()
    },
    async close() {
      if (file === undefined) return
      const last = file
      await sync
      fsyncSync(last)
      file = undefined
      closeSync(last)
      rmSync(`${path}.lock`, { force: true })
    },
  }
}

/** A new name is on disk only when its folder is. Some systems cannot open a folder; theirs keep names anyway. */
function syncFolder(path: string) {
  try {
    const folder = openSync(path, 'r')
    fsyncSync(folder)
    closeSync(folder)
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EACCES', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
  }
}

function writeAll(file: number, text: string) {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Two processes appending to one file would undo each other's rewrites. A dead process's lock is taken over. */
function lock(path: string) {
  const lockPath = `${path}.lock`
  for (;;) {
    try {
      const handle = openSync(lockPath, 'wx', 0o600)
      writeSync(handle, String(process.pid))
      closeSync(handle)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = Number(readLines(lockPath)[0] ?? 0)
    if (owner > 0 && isAlive(owner)) {
      throw new Error(`${path} is in use by process ${owner}. Give each process a file of its own.`)
    }
    rmSync(lockPath, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
