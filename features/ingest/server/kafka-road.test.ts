import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKafkaRoad } from '#features/ingest/server/kafka-road.ts'
import type { Road } from '#features/ingest/server/road.ts'
import { systemClock } from '#platform/common/clock.ts'
import {
  findKafkaObstacle,
  startTestKafka,
  type TestKafka,
} from '#platform/server/kafka/kafka-server-testing.ts'

const obstacle = findKafkaObstacle()
const dir = mkdtempSync(join(tmpdir(), 'zhike-kafka-'))
let kafka: TestKafka
const open: Road[] = []

beforeAll(async () => {
  if (!obstacle) kafka = await startTestKafka({ dir: join(dir, 'broker') })
})
afterAll(async () => {
  for (const road of open) {
    await road.close()
    await road.release?.()
  }
  await kafka?.stop()
  rmSync(dir, { recursive: true, force: true })
})

async function openRoad(topic: string, isLoading: boolean, limitBytes = 1 << 26): Promise<Road> {
  const options = { brokers: [kafka.brokers], topic, partitions: 4 }
  const deps = {
    options,
    isLoading,
    limitBytes,
    brokenDir: join(dir, 'broken'),
    clock: systemClock,
    log: () => {},
  }
  const road = await openKafkaRoad(deps)
  open.push(road)
  return road
}
const end = async (road: Road) => {
  await road.close()
  await road.release?.()
}
const put = (road: Road, text: string) => road.append((writer) => writer.fixedBytes(Buffer.from(text)))

/** Takes batches as a loader does until `count` texts have come; those of the last batch are not committed if asked. */
async function load(road: Road, into: string[], count: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const batch = road.first()
        if (batch) {
          const { frames, id } = await road.read(batch)
          expect(id).toMatch(/^[0-9a-f]{32}$/)
          into.push(...frames.map(String))
          await road.remove(batch)
        }
        return new Set(into).size
      },
      { timeout: 30_000, interval: 20 },
    )
    .toBe(count)
}

test.skipIf(obstacle)(
  'what was acknowledged comes out whole, once, and stays for whoever starts later',
  async () => {
    const writer = await openRoad('first', false)
    const texts = Array.from({ length: 500 }, (_, nth) => `record ${nth}`)
    await Promise.all(texts.map((text) => put(writer, text)))
    const reader = await openRoad('first', true)
    await reader.seal()
    const loaded: string[] = []
    await load(reader, loaded, 500)
    expect(loaded.sort()).toEqual([...texts].sort())
    // Offsets were committed: a new member starts behind them.
    await end(reader)
    await put(writer, 'later')
    const next = await openRoad('first', true)
    const more: string[] = []
    await load(next, more, 1)
    expect(more).toEqual(['later'])
    await end(next)
  },
)

test.skipIf(obstacle)('what was read but not loaded comes again to another member', async () => {
  const writer = await openRoad('again', false)
  await Promise.all(['a', 'b', 'c'].map((text) => put(writer, text)))
  const first = await openRoad('again', true)
  await expect.poll(() => first.first() !== undefined, { timeout: 30_000 }).toBe(true)
  await end(first)
  const second = await openRoad('again', true)
  const loaded: string[] = []
  await load(second, loaded, 3)
  expect(loaded.sort()).toEqual(['a', 'b', 'c'])
  await end(second)
})

test.skipIf(obstacle)(
  'two members share the partitions and lose nothing when one joins and one leaves',
  async () => {
    const writer = await openRoad('shared', false)
    const [one, two] = [await openRoad('shared', true), await openRoad('shared', true)]
    const loaded: string[] = []
    let isSending = true
    const sent: string[] = []
    const sending = (async () => {
      while (isSending) {
        const texts = Array.from({ length: 20 }, (_, nth) => `${sent.length + nth}`)
        await Promise.all(texts.map((text) => put(writer, text)))
        sent.push(...texts)
      }
    })()
    const drain = async (road: Road) => {
      const batch = road.first()
      if (!batch) return
      const { frames } = await road.read(batch)
      loaded.push(...frames.map(String))
      await road.remove(batch)
    }
    const both = async () => {
      await Promise.all([drain(one), drain(two)])
      return new Set(loaded).size
    }
    await expect.poll(both, { timeout: 30_000, interval: 10 }).toBeGreaterThan(300)
    await end(two)
    isSending = false
    await sending
    await expect
      .poll(
        async () => {
          await drain(one)
          return sent.every((text) => loaded.includes(text))
        },
        { timeout: 40_000, interval: 10 },
      )
      .toBe(true)
    await end(one)
  },
)

test.skipIf(obstacle)(
  'a broker that is gone is answered with 503, and taken up again without a restart',
  async () => {
    const road = await openRoad('outage', true)
    await put(road, 'before')
    await kafka.kill()
    await expect(put(road, 'lost')).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' })
    const asked = Date.now()
    await expect(put(road, 'lost at once')).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' })
    expect(Date.now() - asked).toBeLessThan(1000)
    await kafka.start()
    await expect
      .poll(
        () =>
          put(road, 'after').then(
            () => 'taken',
            () => 'refused',
          ),
        { timeout: 40_000, interval: 200 },
      )
      .toBe('taken')
    const loaded: string[] = []
    await load(road, loaded, 2)
    expect(loaded).toEqual(expect.arrayContaining(['before', 'after']))
    await end(road)
  },
)

test.skipIf(obstacle)(
  'a broker that stands still is not waited for without end, and memory stays bounded',
  async () => {
    const road = await openRoad('slow', false, 1 << 20)
    await put(road, 'before')
    process.kill(kafka.pid(), 'SIGSTOP')
    const filling = 'x'.repeat(100_000)
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        put(road, filling).then(
          () => 'taken',
          (error) => (error as { code: string }).code,
        ),
      ),
    )
    expect(new Set(answers)).toEqual(new Set(['SPOOL_FULL', 'SPOOL_UNAVAILABLE']))
    expect(road.status().bytes).toBe(0)
    process.kill(kafka.pid(), 'SIGCONT')
    await expect
      .poll(
        () =>
          put(road, 'after').then(
            () => 'taken',
            () => 'refused',
          ),
        { timeout: 40_000, interval: 200 },
      )
      .toBe('taken')
    await end(road)
  },
  90_000,
)
