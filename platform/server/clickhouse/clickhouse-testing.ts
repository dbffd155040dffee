import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identifier, sql } from '#platform/common/sql.ts'
import { type ClickHouse, connectClickHouse, openEmbeddedClickHouse } from './clickhouse.ts'
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

/** Opens an unmigrated database of its own; `drop` removes it. */
export async function openEmptyTestClickHouse(
  url: string | undefined = serverUrl,
): Promise<{ ch: ClickHouse; drop(): Promise<void> }> {
  const database = `test_${randomBytes(6).toString('hex')}`
  const ch = url
    ? await connectClickHouse({ url, database })
    : await openEmbeddedClickHouse({
        dataDir: takeTestDir(),
        database,
        maxServerMemoryBytes: 4_000_000_000,
        isDurable: false,
      })
  const drop = async () => {
    await ch.command(sql`DROP DATABASE ${identifier(database)}`, { lane: 'jobs' })
    await ch.close()
    if (ch.kind === 'embedded') leaveTestDir()
  }
  return { ch, drop }
}

/** Opens a database of its own with the project's schema; on the server of ZHIKE_TEST_CLICKHOUSE_URL if there is one. */
export async function openTestClickHouse(
  url: string | undefined = serverUrl,
): Promise<{ ch: ClickHouse; drop(): Promise<void> }> {
  const opened = await openEmptyTestClickHouse(url)
  if (existsSync(migrations)) await migrateClickHouse(opened.ch, migrations)
  return opened
}
