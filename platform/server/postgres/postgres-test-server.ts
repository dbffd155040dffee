import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identifier, type Sql, sql } from '#platform/common/sql.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { migratePostgres, readMigrations } from './migrate-postgres.ts'
import { connectPostgres, type Postgres } from './postgres.ts'

const migrationsDir = fileURLToPath(new URL('../../../db/postgres', import.meta.url))
/** The database that test databases are cloned from. */
export const templateDatabase = 'zhike_template'
const templateLock = 4_826_153_908

// The pipe's other end closes when this process ends, however it ends: then the server and its data go too.
const watchdogScript = `
cat > /dev/null
pid=$(head -n 1 "$1/cluster/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid" 2> /dev/null
  for _ in $(seq 100); do
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.1
  done
fi
rm -rf "$1"`

/** Ends the server of a data folder and removes both as soon as this process is gone, even when it was killed. */
const watch = (dataDir: string): (() => Promise<void>) => {
  const watchdog = spawn('sh', ['-c', watchdogScript, 'sh', dataDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in the terminal must not end the one that cleans up.
    detached: true,
    cwd: '/',
  })
  const gone = new Promise<void>((resolve) => watchdog.once('exit', () => resolve()))
  watchdog.unref()
  const pipe = watchdog.stdin as typeof watchdog.stdin & { unref(): void }
  pipe.unref()
  return () => {
    watchdog.ref()
    pipe.end()
    return gone
  }
}

/** Makes a folder below the temporary one that goes, with the server living in it, when this process ends. */
export function makeTestDataDir(prefix: string): { dataDir: string; end(): Promise<void> } {
  const dataDir = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(dataDir, 0o711)
  return { dataDir, end: watch(dataDir) }
}

/** The address of another database on the same server. */
export const onDatabase = (url: string, database: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/** Lends a connection for work on the server itself. */
export const asAdmin = async <T>(url: string, work: (admin: Postgres) => Promise<T>): Promise<T> => {
  const admin = await connectPostgres(url, { max: 1, applicationName: 'zhike-test-admin' })
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

const utility = (statement: string): Sql => ({ kind: 'sql', text: [statement], values: [] })

const rebuildTemplate = async (admin: Postgres, url: string, mark: string): Promise<void> => {
  await admin.execute(sql`DROP DATABASE IF EXISTS ${identifier(templateDatabase)} WITH (FORCE)`)
  await admin.execute(sql`CREATE DATABASE ${identifier(templateDatabase)} TEMPLATE template0 ENCODING 'UTF8'`)
  await asAdmin(onDatabase(url, templateDatabase), (fresh) => migratePostgres(fresh, migrationsDir))
  await admin.execute(utility(`COMMENT ON DATABASE ${templateDatabase} IS '${mark}'`))
}

/** Makes the migrated template database on a server, unless one from the same migrations is there. */
async function prepareTemplate(url: string): Promise<void> {
  const migrations = await readMigrations(migrationsDir)
  const mark = createHash('sha256')
    .update(migrations.map((each) => each.checksum).join())
    .digest('hex')
  await asAdmin(url, async (admin) => {
    await admin.execute(sql`SELECT pg_advisory_lock(${templateLock}::bigint)`)
    const found = await admin.first<{ mark: string | null }>(sql`
      SELECT shobj_description(d.oid, 'pg_database') AS mark FROM pg_database AS d WHERE d.datname = ${templateDatabase}`)
    if (found?.mark !== mark) await rebuildTemplate(admin, url, mark)
  })
}

/** Starts a throwaway embedded server with the template; `end` stops it, and so does the end of this process. */
export async function startTestServer(): Promise<{ url: string; end(): Promise<void> }> {
  const named = process.env.ZHIKE_TEST_POSTGRES_URL
  if (named) {
    await prepareTemplate(named)
    return { url: named, end: async () => {} }
  }
  const { dataDir, end } = makeTestDataDir('zhike-test-postgres-')
  const { url } = await startEmbeddedPostgres({ dataDir, forTests: true })
  await prepareTemplate(url)
  return { url, end }
}
