import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** SHA-256 of everything that decides what becomes of a file: its name, its content, the content of files it looks up in. */
export async function hashFile(name: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(name)
  for (const path of paths) {
    hash.update('\0')
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }))
      hash.update(piece as Buffer)
  }
  return hash.digest('hex')
}
