import { expect, test } from 'vitest'
import { hostileRequest } from '#features/ingest/server/protocols/hostile-testing.ts'
import { openTestDoor } from '#features/ingest/server/protocols/protocol-testing.ts'

/* ZHIKE_TEST_FUZZ: how many bodies; the full million takes some minutes and is run by hand. */
const count = Number(process.env.ZHIKE_TEST_FUZZ ?? 20_000)
const firstSeed = Number(process.env.ZHIKE_TEST_FUZZ_SEED ?? 1)
const atOnce = 50

const expected = new Set([200, 400, 401, 403, 413, 415])

test(
  `${count} hostile bodies over all protocols: an answer of ours each time, bounded memory`,
  async () => {
    const { app, taken, counters } = openTestDoor()
    const statuses: Record<number, number> = {}
    let mostBytes = 0
    for (let from = firstSeed; from < firstSeed + count; from += atOnce) {
      const seeds = Array.from({ length: Math.min(atOnce, firstSeed + count - from) }, (_, nth) => from + nth)
      await Promise.all(
        seeds.map(async (seed) => {
          const answer = await app.inject(hostileRequest(seed))
          statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
          if (!expected.has(answer.statusCode))
            throw new Error(`seed ${seed}: ${answer.statusCode} ${answer.body}`)
          if (answer.statusCode >= 400) expect(answer.json().code, `seed ${seed}`).toMatch(/^[A-Z0-9_]+$/)
        }),
      )
      taken.length = 0
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      mostBytes = Math.max(mostBytes, heapUsed + arrayBuffers)
    }
    const { accepted } = counters.read()
    console.info(
      JSON.stringify({ bodies: count, statuses, accepted, mostMb: Math.round(mostBytes / 2 ** 20) }),
    )
    // Hostile as they are, enough of them must get past the door for the collector to be tried as well.
    expect(statuses[200] ?? 0).toBeGreaterThan(count / 5)
    expect(accepted).toBeGreaterThan(count / 10)
    expect(mostBytes).toBeLessThan(700 * 2 ** 20)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  },
  60_000 + count * 10,
)
