import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identifier, sql } from '#platform/common/sql.ts'
import type { PlacementSource } from '../placement/placement.ts'
import {
  type ClickHouse,
  connectClickHouse,
  connectClickHouseCluster,
  openEmbeddedClickHouse,
} from './clickhouse.ts'
import { migrateClickHouse } from './migrate-clickhouse.ts'

const migrations = fileURLToPath(new URL('../../../db/clickhouse', import.meta.url))
const serverUrl = process.env.ZHIKE_TEST_CLICKHOUSE_URL

// The engine holds one directory per process, so all test files of a worker share it, each with its own database.
let workerDir: string | undefined
let openCount = 0
const takeTestDir = (): string => {
  openCount += 1
  if (workerDir) return workerDir
  const dir = mkdtempSync(join(tmpdir(), 'zhike-clickhouse-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  workerDir = dir
  return dir
}

/** A test worker may end without its exit handlers, so the last database takes the directory with it. */
const leaveTestDir = (): void => {
  openCount -= 1
  if (openCount > 0 || !workerDir) return
  rmSync(workerDir, { recursive: true, force: true })
  workerDir = undefined
}

const open = (database: string, url: string | undefined, placement: PlacementSource | undefined) => {
  if (url && placement) return connectClickHouseCluster({ url, database, placement })
  if (url) return connectClickHouse({ url, database })
  return openEmbeddedClickHouse({
    dataDir: takeTestDir(),
    database,
    maxServerMemoryBytes: 4_000_000_000,
    isDurable: false,
  })
}

/** Opens an unmigrated database of its own, over a cluster where there is a placement; `drop` removes it. */
export async function openEmptyTestClickHouse(
  url: string | undefined = serverUrl,
  placement?: PlacementSource,
): Promise<{ ch: ClickHouse; drop(): Promise<void> }> {
  const database = `test_${randomBytes(6).toString('hex')}`
  const ch = await open(database, url, placement)
  const drop = async () => {
    const dropped = sql`DROP DATABASE ${identifier(database)}`
    await ch.onEachShard((shard) => shard.command(dropped, { lane: 'jobs' }), { writes: true })
    await ch.close()
    if (ch.kind === 'embedded') leaveTestDir()
  }
  return { ch, drop }
}

/** Opens a database of its own with the project's schema; on the server of ZHIKE_TEST_CLICKHOUSE_URL if there is one. */
export async function openTestClickHouse(
  url: string | undefined = serverUrl,
  placement?: PlacementSource,
): Promise<{ ch: ClickHouse; drop(): Promise<void> }> {
  const opened = await openEmptyTestClickHouse(url, placement)
  if (existsSync(migrations)) await migrateClickHouse(opened.ch, migrations)
  return opened
}
