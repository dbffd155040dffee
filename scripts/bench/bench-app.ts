import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, composeApp } from '#apps/server/src/compose.ts'
import { openEngines } from '#apps/server/src/engines.ts'
import { createSystemClock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import { readConfig } from '#platform/server/config.ts'

export type BenchApp = { app: App; url: string; dir: string; close(): Promise<void> }

/** The whole program on fresh embedded engines, with one trusted key `bench` and a head office with one outlet. */
export async function openBenchApp(): Promise<BenchApp> {
  const dir = mkdtempSync(join(tmpdir(), 'zhike-bench-'))
  const config = { ...readConfig({}), dataDir: dir, demoCustomers: 0, port: 0 }
  const engines = await openEngines(config)
  const app = await composeApp({ config, engines, clock: createSystemClock(), isOperator: () => false })
  await engines.pg.transaction(async (tx) => {
    await app.parts.org.tree.upsertMany(
      tx,
      [
        { code: 'HQ', name: 'Head office', kind: 'head_office', parentCode: null },
        { code: 'O1', name: 'Outlet', kind: 'outlet', parentCode: 'HQ' },
      ],
      '2020-01-01',
    )
    await tx.execute(sql`
      WITH added AS (INSERT INTO source (source, kind) VALUES ('bench', 'trusted'))
      INSERT INTO write_key (key, source) VALUES ('bench', 'bench')`)
  })
  await app.start(() => undefined)
  const url = await app.http.listen({ port: 0, host: '127.0.0.1' })
  return {
    app,
    url,
    dir,
    async close() {
      await app.http.close()
      await app.stop()
      await engines.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
