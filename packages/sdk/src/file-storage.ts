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
import type { Message } from './message.ts'
import type { ZhikeStorage } from './storage.ts'

type Line = { put: Message } | { del: string[] } | { visitor: string }

/** So many dead lines are worth a rewrite. */
const rewriteAfter = 2000

/**
 * Keeps the queue in an append-only file. A line is with the kernel when `track` returns, so it survives the process;
 * the disk is asked in the background, so a power cut can cost the last moments. One process per file.
 */
export function fileStorage(path: string): ZhikeStorage {
  const messages = new Map<string, Message>()
  let visitor: string | undefined
  let file: number | undefined
  let deadLines = 0
  let sync: Promise<void> | undefined
  let isDirty = false

  function apply(line: Line) {
    if ('put' in line && typeof line.put?.messageId === 'string') messages.set(line.put.messageId, line.put)
    else if ('del' in line) for (const id of line.del) messages.delete(id)
    else if ('visitor' in line) visitor = line.visitor
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
    const lines: Line[] = [...messages.values()].map((put) => ({ put }))
    if (visitor) lines.unshift({ visitor })
    const aside = openSync(`${path}.new`, 'w', 0o600)
    writeAll(aside, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    fsyncSync(aside)
    renameSync(`${path}.new`, path)
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
    sync ??= syncLater(file)
  }

  async function syncLater(descriptor: number) {
    while (isDirty && descriptor === file) {
      isDirty = false
      await new Promise<void>((resolve) => fdatasync(descriptor, () => resolve()))
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
    readVisitor() {
      open()
      return visitor
    },
    writeVisitor(anonymousId) {
      open()
      write({ visitor: anonymousId })
    },
    clear() {
      messages.clear()
      visitor = undefined
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
