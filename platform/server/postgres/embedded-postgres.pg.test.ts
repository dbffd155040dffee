import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { connectPostgres } from './postgres.ts'
import { unpackBinaries } from './postgres-binaries.ts'
import { findPostmaster, processIdentity } from './postgres-process.ts'
import { makeTestDataDir } from './postgres-test-server.ts'

const launcher = new URL('./embedded-postgres.ts', import.meta.url).href

let closed: string
let dataDir: string
const stops: (() => Promise<void>)[] = []

beforeEach(() => {
  // As /root is: an ordinary or unprivileged user cannot enter.
  closed = mkdtempSync(join(tmpdir(), 'zhike-closed-'))
  chmodSync(closed, 0o700)
  dataDir = join(closed, 'data')
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  rmSync(closed, { recursive: true, force: true })
})

const start = async () => {
  const server = await startEmbeddedPostgres({ dataDir })
  stops.push(() => server.stop())
  return server
}

const withServer = async <T>(
  url: string,
  work: (pg: Awaited<ReturnType<typeof connectPostgres>>) => Promise<T>,
) => {
  const pg = await connectPostgres(url)
  try {
    return await work(pg)
  } finally {
    await pg.close()
  }
}

test('starts below a closed folder, stops, and starts again with its data', async () => {
  const first = await start()
  expect(first.adopted).toBe(false)
  await withServer(first.url, (pg) => pg.execute(sql`CREATE TABLE kept AS SELECT '知客' AS word`))
  await first.stop()
  expect(processIdentity(first.pid)).toBeUndefined()
  await first.stop()
  const begun = performance.now()
  const second = await start()
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(
    await withServer(second.url, (pg) => pg.first(sql`SELECT length(k.word) AS n FROM kept AS k`)),
  ).toEqual({ n: 2 })
})

test('keeps what was committed before kill -9', async () => {
  const first = await start()
  await withServer(first.url, (pg) => pg.execute(sql`CREATE TABLE kept AS SELECT 1 AS one`))
  process.kill(first.pid, 'SIGKILL')
  const second = await start()
  expect(second).toMatchObject({ adopted: false })
  expect(second.pid).not.toBe(first.pid)
  expect(await withServer(second.url, (pg) => pg.query(sql`SELECT k.one FROM kept AS k`))).toEqual([
    { one: 1 },
  ])
})

test('a lock file that names some other living process, or nothing, is stale', async () => {
  const first = await start()
  await first.stop()
  for (const content of [`${process.pid}\n`, '']) {
    writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), content)
    const next = await start()
    expect(next.adopted).toBe(false)
    await next.stop()
  }
})

test('adopts the server of a process that was killed', async () => {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(launcher)})
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })
    process.kill(process.pid, 'SIGKILL')`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: 'inherit',
  })
  await new Promise((resolve) => parent.once('exit', resolve))
  const server = await start()
  expect(server.adopted).toBe(true)
  expect(await withServer(server.url, (pg) => pg.first(sql`SELECT 1 AS one`))).toEqual({ one: 1 })
})

test('two that start at once share one server', async () => {
  const [one, two] = await Promise.all([start(), start()])
  expect(one.pid).toBe(two.pid)
})

test('a kill in the middle of making the cluster leaves nothing that counts as one', async () => {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(launcher)})
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: 'ignore',
    detached: true,
  })
  const stage = () =>
    existsSync(dataDir) ? readdirSync(dataDir).find((name) => name.startsWith('init-')) : undefined
  await expect
    .poll(() => stage() !== undefined && existsSync(join(dataDir, stage()!, 'cluster', 'base')), {
      interval: 5,
    })
    .toBe(true)
  process.kill(-parent.pid!, 'SIGKILL')
  await new Promise((resolve) => parent.once('exit', resolve))
  expect(existsSync(join(dataDir, 'cluster'))).toBe(false)
  expect((await start()).adopted).toBe(false)
  expect(stage()).toBeUndefined()
})

test('nobody gets in without the password', async () => {
  const server = await start()
  const url = new URL(server.url)
  url.password = 'guess'
  await expect(connectPostgres(url.href)).rejects.toThrow(/password authentication failed/)
})

test('a server without fsync is not adopted for real data', async () => {
  const careless = await startEmbeddedPostgres({ dataDir, forTests: true })
  const server = await start()
  expect(server.adopted).toBe(false)
  expect(processIdentity(careless.pid)).toBeUndefined()
  const setting = await withServer(server.url, (pg) =>
    pg.first(sql`SELECT current_setting('fsync') AS fsync`),
  )
  expect(setting).toEqual({ fsync: 'on' })
})

test('a test server ends with its data when its process is killed', async () => {
  const testServer = new URL('./postgres-test-server.ts', import.meta.url).href
  const script = `
    const { makeTestDataDir } = await import(${JSON.stringify(testServer)})
    const { startEmbeddedPostgres } = await import(${JSON.stringify(launcher)})
    const { dataDir } = makeTestDataDir('zhike-test-killed-')
    const { pid } = await startEmbeddedPostgres({ dataDir, forTests: true })
    process.stdout.write(JSON.stringify({ dataDir, pid }), () => process.kill(process.pid, 'SIGKILL'))`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of parent.stdout) output += chunk
  const left = JSON.parse(output) as { dataDir: string; pid: number }
  await expect
    .poll(() => existsSync(left.dataDir) || processIdentity(left.pid), { timeout: 20_000 })
    .toBeFalsy()
})

test('binaries taken away by a cleaner are put back, and a foreign folder is passed over', async () => {
  const parent = join(closed, 'unpacked')
  const bin = unpackBinaries(parent)
  rmSync(join(bin, 'postgres'))
  expect(unpackBinaries(parent)).toBe(bin)
  expect(existsSync(join(bin, 'postgres'))).toBe(true)
  chmodSync(join(bin, '..'), 0o777)
  expect(unpackBinaries(parent)).not.toBe(bin)
})

test('an empty folder that is there already is used', async () => {
  mkdirSync(dataDir)
  expect((await start()).adopted).toBe(false)
  expect(findPostmaster(join(dataDir, 'cluster'))).toMatchObject({ isReady: true })
  const held = makeTestDataDir('zhike-test-empty-')
  await held.end()
  expect(existsSync(held.dataDir)).toBe(false)
})
