import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '#platform/server/clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import { readConfig } from '#platform/server/config.ts'
import {
  createEmptyTestDatabase,
  createTestDatabase,
  type TestDatabase,
} from '#platform/server/postgres/postgres-testing.ts'
import { openEngines } from '../engines.ts'
import { repositoryRoot } from '../repository.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-command-'))
const obstacle = await findTestServerObstacle(dir)

let servers: TestCluster
let database: TestDatabase
let other: TestDatabase

beforeAll(async () => {
  if (obstacle) return
  servers = await startTestCluster(dir, 2)
  ;[database, other] = await Promise.all([createEmptyTestDatabase(), createTestDatabase()])
})
afterAll(async () => {
  await database?.drop()
  await other?.drop()
  await servers?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const settings = (more: Record<string, string> = {}) => ({
  ZHIKE_DATA_DIR: join(dir, 'data'),
  DATABASE_URL: database.url,
  CLICKHOUSE_URL: servers.url,
  CLICKHOUSE_CLUSTER: 'zhike_1',
  ...more,
})

/** `npx zhike cluster …` as a shell runs it. */
const zhike = (args: string[], more?: Record<string, string>) =>
  new Promise<{ code: number; text: string }>((done) => {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...settings(more) }
    const command = ['bin/zhike.mjs', 'cluster', ...args]
    execFile(process.execPath, command, { cwd: repositoryRoot, env }, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, text: out + err }),
    )
  })

const lineOf = (text: string, shard: number) =>
  text.split('\n').find((line) => new RegExp(`^ *${shard}  127`).test(line))

test.skipIf(obstacle)(
  'status, grow and move from the shell, also with a shard down',
  { timeout: 90_000 },
  async () => {
    // Opened the first time, the program makes both schemas and the first placement.
    const first = await openEngines(readConfig(settings()))
    expect(first).toMatchObject({ ch: { kind: 'cluster' }, areEmbedded: false })
    expect(await first.ch.onEachShard(async () => 1)).toEqual([1])
    await first.close()

    const status = await zhike(['status'])
    expect(status.text).toContain('Cluster zhike_1, placement 1, 1,048,576 customers a chunk')
    expect(lineOf(status.text, 1)).toMatch(/1,024 +\d+ +[\d,]+$/)
    expect(status.code).toBe(0)

    const grown = await zhike(['grow', '--cluster', 'zhike_2'])
    expect(grown).toEqual({
      code: 0,
      text: expect.stringContaining('1 shards added, 512 chunks and slots moved.'),
    })
    expect(await zhike(['move', '--to', '2', '0'])).toEqual({ code: 0, text: '1 chunks moved.\n' })
    const both = await zhike(['status'])
    expect(both.text).toContain('Cluster zhike_2')
    expect([lineOf(both.text, 1), lineOf(both.text, 2)]).toEqual([
      expect.stringMatching(/ 512 /),
      expect.stringMatching(/ 512 /),
    ])
    // Opened again it goes on with the cluster it grew to, whatever name it is given.
    const second = await openEngines(readConfig(settings()))
    expect(await second.ch.onEachShard(async () => 1)).toEqual([1, 1])
    await second.close()

    await servers.kill(2)
    const down = await zhike(['status'])
    expect(down.code).toBe(0)
    expect(lineOf(down.text, 1)).not.toContain('no answer')
    expect(lineOf(down.text, 2)).toMatch(/512 +no answer +no answer$/)
    expect(await zhike(['move', '--to', '1', '0'])).toMatchObject({ code: 1 })
  },
)

test.skipIf(obstacle)(
  'wrong use and wrong settings are 2, what fails is 1, each with the reason',
  { timeout: 60_000 },
  async () => {
    const [unknown, noCluster, entryDown] = await Promise.all([
      zhike(['move', '0']),
      zhike(['status'], { DATABASE_URL: other.url }),
      zhike(['status'], { CLICKHOUSE_URL: 'http://127.0.0.1:1' }),
    ])
    expect(unknown).toEqual({ code: 2, text: expect.stringContaining('Name the shard and the chunks') })
    expect(noCluster).toEqual({ code: 2, text: expect.stringContaining('There is no cluster') })
    expect(entryDown).toEqual({ code: 1, text: expect.stringMatching(/ClickHouse/i) })
  },
)
