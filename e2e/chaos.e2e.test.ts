import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { connectPostgres, type Postgres } from '#platform/server/postgres/postgres.ts'
import { onDatabase } from '#platform/server/postgres/postgres-test-server.ts'
import {
  type ClusterServers,
  clusterDir,
  findClusterObstacle,
  startClusterServers,
  writeKey,
} from './cluster-testing.ts'
import { type RoleProcess, startRole } from './role-process.ts'
import { startSending } from './sender.ts'

/* By hand: ZHIKE_TEST_CHAOS_EVENTS=2000000 ZHIKE_TEST_CHAOS_FAULTS=20 ZHIKE_TEST_CHAOS_SEED=7 npm test -- e2e/chaos */
const events = Number(process.env.ZHIKE_TEST_CHAOS_EVENTS ?? 60_000)
const faults = Number(process.env.ZHIKE_TEST_CHAOS_FAULTS ?? 5)
const seed = Number(process.env.ZHIKE_TEST_CHAOS_SEED ?? 1)

const obstacle = await findClusterObstacle({ hasKafka: false })
let servers: ClusterServers
let collector: RoleProcess | undefined
let admin: Postgres

beforeAll(async () => {
  if (obstacle) return
  servers = await startClusterServers({ hasKafka: false })
  admin = await connectPostgres(onDatabase(servers.database.url, 'postgres'))
})
afterAll(async () => {
  await collector?.kill()
  await admin?.close()
  await servers?.end()
})

/** The same numbers for the same seed (mulberry32). */
function createRandom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const start = async () => {
  collector = await startRole({
    ...servers.inside('collect', clusterDir('collect')),
    ZHIKE_SPOOL_LIMIT_MB: '64',
  })
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const databaseName = () => new URL(servers.database.url).pathname.slice(1)
/** Nobody gets in, and whoever is in is thrown out. */
async function shutPostgres(isShut: boolean): Promise<void> {
  const name = databaseName()
  await admin.execute(sql`UPDATE pg_database SET datallowconn = ${!isShut} WHERE datname = ${name}`)
  if (isShut)
    await admin.execute(
      sql`SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.datname = ${name}`,
    )
}

const injuries: Record<string, (lengthMs: number) => Promise<void>> = {
  async 'the collector is killed'() {
    await collector?.kill()
    collector = undefined
    await start()
  },
  async 'ClickHouse is killed'(lengthMs) {
    await servers.killClickHouse()
    await wait(lengthMs)
    await servers.startClickHouse()
  },
  async 'ClickHouse stands still'(lengthMs) {
    process.kill(servers.clickHouse().pid, 'SIGSTOP')
    await wait(lengthMs)
    process.kill(servers.clickHouse().pid, 'SIGCONT')
  },
  async 'PostgreSQL is away'(lengthMs) {
    await shutPostgres(true)
    await wait(lengthMs)
    await shutPostgres(false)
  },
}

test.skipIf(obstacle)(
  `${faults} kills and outages during ${events} events: sent = stored, none twice`,
  async () => {
    const random = createRandom(seed)
    const kinds = Object.keys(injuries)
    await start()
    const urls = () => (collector ? [collector.url] : [])
    const sending = startSending({ urls, key: writeKey, mostEvents: events, senders: 2 })
    let mostMb = 0
    const watching = setInterval(() => {
      mostMb = Math.max(mostMb, collector?.rssMb() ?? 0)
    }, 100)
    const share = events / (faults + 1)
    for (let nth = 1; nth <= faults; nth += 1) {
      await expect
        .poll(() => sending.acknowledged.size, { timeout: 600_000, interval: 10 })
        .toBeGreaterThanOrEqual(Math.floor(share * (nth - random() * 0.9)))
      // Each kind at least once, in a drawn order after that.
      const kind = kinds[nth <= kinds.length ? nth - 1 : Math.floor(random() * kinds.length)] ?? ''
      await injuries[kind]?.(200 + random() * 1500)
    }
    await sending.done()
    clearInterval(watching)
    expect(sending.withoutRetryAfter()).toBe(0)
    await expect
      .poll(() => servers.stored(), { timeout: 300_000, interval: 500 })
      .toEqual({ rows: events, messages: events })
    expect(mostMb).toBeLessThan(700)
    expect(await collector?.stop()).toBe(0)
    console.log(`chaos: ${events} events, ${faults} faults, at most ${Math.round(mostMb)} MB`)
  },
  3_600_000,
)

test.skipIf(obstacle)(
  'a full spool is answered with 503 and Retry-After, memory stays bounded, and all goes on without a restart',
  async () => {
    collector = await startRole({
      ...servers.inside('collect', clusterDir('small')),
      ZHIKE_SPOOL_LIMIT_MB: '2',
    })
    const { url } = collector
    const before = await servers.stored()
    process.kill(servers.clickHouse().pid, 'SIGSTOP')
    const filling = {
      type: 'track',
      event: 'filling',
      userId: 'K1',
      properties: { filling: 'y'.repeat(1000) },
    }
    const post = () =>
      fetch(`${url}/v1/batch`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ batch: Array.from({ length: 50 }, () => filling) }),
      })
    let full: Response | undefined
    for (let nth = 0; nth < 400 && !full; nth += 1) {
      const response = await post()
      if (response.status === 503) full = response
      else expect(response.status).toBe(200)
    }
    expect(await full?.json()).toMatchObject({ code: 'SPOOL_FULL' })
    expect(Number(full?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(collector.rssMb()).toBeLessThan(600)
    process.kill(servers.clickHouse().pid, 'SIGCONT')
    await expect.poll(async () => (await post()).status, { timeout: 60_000, interval: 200 }).toBe(200)
    expect(await servers.stored()).toEqual(before)
    expect(await collector.stop()).toBe(0)
  },
  180_000,
)
