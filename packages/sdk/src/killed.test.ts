import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle } from '../build.mjs'
import { fileStorage } from './file-storage.ts'
import { createZhike } from './node.ts'
import { startTestServer } from './test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
const folder = mkdtempSync(join(tmpdir(), 'zhike-killed-'))
let queues = 0

const program = `
  import { createZhike, fileStorage } from './node.mjs'
  const [host, queue, flushAt] = process.argv.slice(2)
  const storage = fileStorage(queue)
  const zhike = createZhike({ host, writeKey: 'demo', storage, flushAt: Number(flushAt), flushIntervalMs: 1e6 })
  let n = 0
  const trackSome = () => {
    for (let i = 0; i < 20; i++) {
      zhike.track('money_in', { n })
      process.stdout.write(n++ + '\\n')
    }
    setTimeout(trackSome, 5)
  }
  trackSome()`

beforeAll(async () => {
  server = await startTestServer()
  writeFileSync(join(folder, 'node.mjs'), await bundle('node.js'))
  writeFileSync(join(folder, 'program.mjs'), program)
})
beforeEach(() => server.forget())
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Runs the program until `isEnough` of the numbers it said it has tracked, and kills it. */
async function killAfter(
  { host, queue, flushAt }: { host: string; queue: string; flushAt: number },
  isEnough: (tracked: number) => boolean,
) {
  const program = join(folder, 'program.mjs')
  const child: ChildProcess = spawn(process.execPath, [program, host, queue, String(flushAt)])
  let tracked = 0
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', () => {
    tracked++
    if (isEnough(tracked)) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string]
  expect(signal).toBe('SIGKILL')
  return tracked
}

/** The next start of the program sends what the killed one left. */
async function sendRest(queue: string) {
  const zhike = createZhike({ host: server.host, writeKey: 'demo', storage: fileStorage(queue) })
  await zhike.flush()
  await zhike.close()
}

function arrived() {
  const idsOf = new Map<number, Set<string>>()
  for (const { messageId, properties } of server.accepted) {
    const n = properties?.n as number
    idsOf.set(n, (idsOf.get(n) ?? new Set()).add(messageId))
  }
  return idsOf
}

test('kill -9 between track and flush loses nothing', async () => {
  const queue = join(folder, `queue-${++queues}`)
  // Nobody listens at this port, so everything waits.
  const host = 'http://127.0.0.1:9'
  const tracked = await killAfter({ host, queue, flushAt: 1000 }, (n) => n >= 100)
  await sendRest(queue)
  const idsOf = arrived()
  for (let n = 0; n < tracked; n++) expect(idsOf.get(n)?.size).toBe(1)
  expect(server.accepted).toHaveLength(idsOf.size)
})

test('kill -9 while requests are under way loses nothing and makes no second id', async () => {
  const queue = join(folder, `queue-${++queues}`)
  const tracked = await killAfter(
    { host: server.host, queue, flushAt: 10 },
    () => server.requests.length >= 3,
  )
  server.misbehave('dropAfterAccepting')
  await sendRest(queue)
  await sendRest(queue)
  const idsOf = arrived()
  for (let n = 0; n < tracked; n++) expect(idsOf.get(n)?.size).toBe(1)
})

test('saved() waits for the disk', async () => {
  const storage = fileStorage(join(folder, 'saved'))
  const zhike = createZhike({ host: server.host, writeKey: 'demo', storage, flushAt: 1e6 })
  zhike.track('money_in')
  await zhike.saved()
  await zhike.close()
  expect(server.accepted).toHaveLength(1)
})
