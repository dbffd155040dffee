import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createEdge, type Edge } from '#features/ingest/server/edge.ts'
import { createForwardServer, readInstance } from '#features/ingest/server/forward-server.ts'
import type { EdgeSnapshot } from '#features/ingest/server/forward-wire.ts'
import { encodeFrame, packFrames } from '#features/ingest/server/road-frames.ts'
import { openSpool, type Spool } from '#features/ingest/server/spool.ts'
import { newSpooled, readRecords } from '#features/ingest/server/spool-read.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import { systemClock } from '#platform/common/clock.ts'
import type { TlsFiles } from '#platform/server/config.ts'
import { readTlsMaterial, type TlsMaterial } from '#platform/server/tls-material.ts'
import { createTestAuthority, findOpensslObstacle } from '#platform/server/tls-testing.ts'

const obstacle = findOpensslObstacle()
const dir = mkdtempSync(join(tmpdir(), 'zhike-edge-'))
let ours: TlsMaterial
let strange: TlsFiles
const key = {
  key: 'k',
  source: 'core',
  kind: 'trusted',
  jwks: null,
  tokenIssuer: null,
} as unknown as WriteKey
let snapshot: EdgeSnapshot
const ends: (() => Promise<void>)[] = []

beforeAll(() => {
  if (obstacle) return
  ours = readTlsMaterial(createTestAuthority(join(dir, 'ca')).issue('node'))
  strange = createTestAuthority(join(dir, 'strange')).issue('node')
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** A collect process as edges see it: its door and its spool; nothing loads until the test does. */
async function openUpstream(name: string, port = 0) {
  const spoolDir = join(dir, name)
  const spool = await openSpool({ dir: spoolDir, limitBytes: 1 << 28, segmentMs: 20, log: () => {} })
  const instance = await readInstance(spoolDir)
  const server = createForwardServer({
    tls: ours,
    road: spool,
    instance,
    readSnapshot: async () => snapshot,
    log: () => {},
  })
  const at = await server.listen(port, '127.0.0.1')
  const close = async () => {
    await server.close()
    await spool.close()
  }
  ends.push(close)
  return { url: `https://127.0.0.1:${at}`, port: at, spool, dir: spoolDir, close }
}

async function openEdge(name: string, urls: string[]): Promise<Edge> {
  const edge = await createEdge({
    ...{ upstreamUrls: urls, tls: ours, dataDir: join(dir, name), spoolLimitBytes: 1 << 28 },
    ...{ timeZone: 'Asia/Shanghai', clock: systemClock, log: () => {} },
  })
  await edge.start()
  ends.push(() => edge.stop())
  return edge
}
const track = (messageId: string) => ({ type: 'track', event: 'e', userId: 'C1', messageId })
const copiesOf = (name: string) =>
  readdirSync(join(dir, name, 'spool')).filter((file) => file.endsWith('.spool'))

/** Loads what the spool has, as the loader would; gives the number of events. */
async function loadAll(spool: Spool): Promise<number> {
  await spool.seal()
  const spooled = newSpooled()
  for (let segment = spool.first(); segment; segment = spool.first()) {
    for (const frame of (await spool.read(segment)).frames) readRecords(frame, spooled)
    await spool.remove(segment)
  }
  return spooled.events.length
}

test.skipIf(obstacle)('two machines have what was acknowledged, until it is in the warehouse', async () => {
  snapshot = { keys: [key], plan: null }
  const upstream = await openUpstream('up1')
  const edge = await openEdge('edge1', [upstream.url])
  const found = await edge.keys.get('k')
  expect(await edge.collector.takeBatch(found, [track('1'), track('2')])).toMatchObject({ accepted: 2 })
  expect(copiesOf('edge1')).toHaveLength(1)
  expect(await loadAll(upstream.spool)).toBe(2)
  await expect.poll(() => copiesOf('edge1'), { timeout: 10_000 }).toHaveLength(0)
})

test.skipIf(obstacle)('a collect process that lost its disk gets from the edge what it had', async () => {
  snapshot = { keys: [key], plan: null }
  const first = await openUpstream('up2')
  const edge = await openEdge('edge2', [first.url])
  await edge.collector.takeBatch(await edge.keys.get('k'), [track('1'), track('2'), track('3')])
  await first.close()
  rmSync(first.dir, { recursive: true, force: true })
  const second = await openUpstream('up2', first.port)
  await expect.poll(() => loadAll(second.spool), { timeout: 20_000 }).toBe(3)
  await expect.poll(() => copiesOf('edge2'), { timeout: 10_000 }).toHaveLength(0)
})

test.skipIf(obstacle)('an edge that starts again hands over what it still has', async () => {
  snapshot = { keys: [key], plan: null }
  const upstream = await openUpstream('up3')
  const edge = await openEdge('edge3', [upstream.url])
  await edge.collector.takeBatch(await edge.keys.get('k'), [track('1')])
  await edge.stop()
  expect(await loadAll(upstream.spool)).toBe(1)
  expect(copiesOf('edge3')).toHaveLength(1)
  await openEdge('edge3', [upstream.url])
  // The same rows again: their keys count them once.
  await expect.poll(() => loadAll(upstream.spool), { timeout: 10_000 }).toBe(1)
  await expect.poll(() => copiesOf('edge3'), { timeout: 10_000 }).toHaveLength(0)
})

test.skipIf(obstacle)(
  'without a collect process nothing is acknowledged; with the next one all goes on',
  async () => {
    snapshot = { keys: [key], plan: null }
    const [one, two] = [await openUpstream('up4'), await openUpstream('up5')]
    const edge = await openEdge('edge4', [one.url, two.url])
    const found = await edge.keys.get('k')
    await one.close()
    expect(await edge.collector.takeBatch(found, [track('1')])).toMatchObject({ accepted: 1 })
    await two.close()
    await expect(edge.collector.takeBatch(found, [track('2')])).rejects.toMatchObject({
      code: 'SPOOL_UNAVAILABLE',
    })
    // Known keys are still known; of an unknown one nothing can be said.
    expect(await edge.keys.get('k')).toMatchObject({ source: 'core' })
    await expect
      .poll(() => Promise.resolve(edge.keys.get('new')).catch((error) => (error as { code: string }).code), {
        timeout: 10_000,
      })
      .toBe('WRITE_KEYS_UNAVAILABLE')
    // Started again without any of them, it still knows its keys from its disk.
    await edge.stop()
    const again = await openEdge('edge4', [one.url, two.url])
    expect(again.isReady()).toBe(true)
    const back = await openUpstream('up5', two.port)
    await expect
      .poll(
        () =>
          again.collector.takeBatch(found, [track('2')]).then(
            ({ accepted }) => accepted,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(1)
    expect(await loadAll(back.spool)).toBeGreaterThanOrEqual(2)
  },
)

test.skipIf(obstacle)('a revoked key and a changed plan reach the edge within seconds', async () => {
  snapshot = { keys: [key], plan: null }
  const upstream = await openUpstream('up6')
  const edge = await openEdge('edge5', [upstream.url])
  const found = await edge.keys.get('k')
  snapshot = {
    keys: [{ ...key, key: 'other' }],
    plan: { revision: 2, events: [], modes: [{ source: 'core', mode: 'enforce' }] },
  }
  await expect
    .poll(
      () =>
        Promise.resolve(edge.keys.get('k')).then(
          () => 'known',
          (error) => (error as { code: string }).code,
        ),
      { timeout: 10_000 },
    )
    .toBe('WRITE_KEY_UNKNOWN')
  await expect
    .poll(async () => (await edge.collector.takeBatch(found, [track('9')])).rejected[0]?.code, {
      timeout: 10_000,
    })
    .toBe('PLAN_EVENT_UNKNOWN')
})

const post = (url: string, body: Buffer, tls: object): Promise<number | string> =>
  new Promise((resolve) => {
    const sent = request(`${url}/internal/segment`, { ...tls, method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? 'failed'))
    sent.end(body)
  })

test.skipIf(obstacle)(
  'nobody comes in without a certificate of ours, nor with what only we may say',
  async () => {
    const upstream = await openUpstream('up7')
    const theirs = { ...readTlsMaterial(strange), ca: ours.ca }
    const good = packFrames([encodeFrame((writer) => writer.fixedBytes(Buffer.from('no records')))])
    expect(await post(upstream.url, good, { ca: ours.ca })).not.toBeTypeOf('number')
    expect(await post(upstream.url, good, theirs)).not.toBeTypeOf('number')
    expect(await post(upstream.url, good, ours)).toBe(400)
    expect(await post(upstream.url, Buffer.from('ZKSPOOL1 and so on'), ours)).toBe(400)
    expect(await post(upstream.url, Buffer.alloc(0), ours)).toBe(400)
    expect(upstream.spool.status().segments).toBe(0)
  },
)
