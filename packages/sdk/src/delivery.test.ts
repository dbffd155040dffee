import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileStorage } from './file-storage.ts'
import { createZhike } from './node.ts'
import { createTestClock } from './test-clock.ts'
import { type Behaviour, startTestServer } from './test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
const folder = mkdtempSync(join(tmpdir(), 'zhike-sdk-'))
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

type Step = 'track' | 'flush' | 'crash' | 'close' | Exclude<Behaviour, 'ok' | 'hang'>

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>('track') },
    { weight: 2, arbitrary: fc.constant<Step>('flush') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Step>('dropAfterAccepting', 'dropBeforeReading', 'captivePortal', {
        status: 500,
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom<Step>('crash', 'close') },
  ),
  { maxLength: 40 },
)

let runs = 0

/** Plays the steps on a queue in a file, lets the server recover, and tells what was made, arrived and was dropped. */
async function play(sequence: Step[], maxQueue: number) {
  server.forget()
  const clock = createTestClock()
  let path = join(folder, `queue-${++runs}`)
  let made = 0
  let dropped = 0
  let life = 0
  const start = () => {
    const own = ++life
    return createZhike({
      host: server.host,
      writeKey: 'demo',
      maxQueue,
      flushAt: 1000,
      storage: fileStorage(path),
      now: clock.now,
      scheduler: clock.scheduler,
      // A killed process sends nothing more.
      fetch: (input, init) => (own === life ? fetch(input, init) : new Promise(() => {})),
      onDropped: (count) => {
        if (own === life) dropped += count
      },
    })
  }
  let zhike = start()
  for (const step of sequence) {
    if (step === 'track') zhike.track('e', { n: made++ })
    else if (step === 'flush') await zhike.flush()
    else if (step === 'close') {
      await zhike.close()
      zhike = start()
    } else if (step === 'crash') {
      // The file as a killed process leaves it, without the lock; a real one is taken over because its owner is dead.
      copyFileSync(path, `${path}-after`)
      path = `${path}-after`
      zhike = start()
    } else server.misbehave(step)
  }
  for (;;) {
    const before = server.requests.length
    await zhike.flush()
    // Nothing left to send means no request.
    if (server.requests.length === before) break
  }
  await zhike.close()
  return { made, dropped }
}

test('each message arrives, in order, under one messageId', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const { made, dropped } = await play(sequence, 1000)
      const idOf = new Map<unknown, Set<string>>()
      for (const { messageId, properties } of server.accepted) {
        idOf.set(properties?.n, (idOf.get(properties?.n) ?? new Set()).add(messageId))
      }
      expect(dropped).toBe(0)
      // A Map keeps the order of first arrival.
      expect([...idOf.keys()]).toEqual(Array.from({ length: made }, (_, n) => n))
      expect([...idOf.values()].every((ids) => ids.size === 1)).toBe(true)
    }),
    { numRuns: 60 },
  )
}, 30_000)

test('over the bound, what did not arrive was counted as dropped, and the newest are never among it', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const { made, dropped } = await play(sequence, 3)
      const arrived = new Set(server.accepted.map(({ properties }) => properties?.n as number))
      // One that was accepted without an answer may be dropped afterwards, so it counts twice.
      expect(arrived.size + dropped).toBeGreaterThanOrEqual(made)
      for (let n = Math.max(0, made - 3); n < made; n++) expect(arrived).toContain(n)
      expect([...arrived]).toEqual([...arrived].sort((a, b) => a - b))
    }),
    { numRuns: 60 },
  )
}, 30_000)
