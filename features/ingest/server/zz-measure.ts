import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { registerCollectRoutes } from './collect-routes.ts'
import { createCollector } from './collector.ts'
import { createCustomerTokens } from './customer-token.ts'
import { createIngestCounters } from './ingest-counters.ts'
import { createLoader } from './loader.ts'
import { createBindingStore } from './binding-store.ts'
import { createLateBinding } from './late-binding.ts'
import { openSpool } from './spool.ts'
import { createWriteKeys } from './write-keys.ts'
import { systemClock } from '#platform/common/clock.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'
import { openEmbeddedClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
const dataDir = mkdtempSync(join(tmpdir(), 'zk-measure-'))
process.on('SIGTERM', () => { console.log(JSON.stringify(loader.status())); rmSync(dataDir, { recursive: true, force: true }); process.exit(0) })
const clock = systemClock
const log = (e: unknown, m: string) => console.error(m, e)
const spool = await openSpool({ dir: join(dataDir, 'spool'), limitBytes: 8e9, log })
const counters = createIngestCounters()
const ch = await openEmbeddedClickHouse({ dataDir: join(dataDir, 'ch') })
await migrateClickHouse(ch, 'db/clickhouse')
const pg = { query: async () => [], execute: async () => 0 } as never
const store = createBindingStore({ pg, clock })
let n = 1n; const newVer = () => n++
const ids = new Map<string, number>()
const customers = { resolveCustomerNos: async (nos: readonly string[]) => new Map(nos.map((no) => { let id = ids.get(no); if (!id) { id = ids.size + 1; ids.set(no, id) } return [no, id] as [string, number] })), mergeAttributes: async () => {} }
const loader = createLoader({ spool, ch, store, lateBinding: createLateBinding({ ch, store, newVer }), customers, newVer, clock, log })
if (process.argv[2] === 'load') loader.start()
const { app } = createTestHttp()
registerCollectRoutes(app, { ingest: { collector: createCollector({ spool, tokens: createCustomerTokens({ clock }), counters, clock, timeZone: 'Asia/Shanghai' }), keys: createWriteKeys({ load: async () => [{ key: 'k', source: 'core', kind: 'trusted', jwks: null, tokenIssuer: null }], clock }), counters } })
console.log(await app.listen({ port: 4711, host: '127.0.0.1' }))
setInterval(() => console.log(new Date().toISOString().slice(17, 21), counters.read().accepted, loader.status().loaded, Math.round(spool.status().bytes / 1e6) + 'MB', 'cpu_ms', Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000), 'loop', Math.round(performance.eventLoopUtilization().active)), 2000).unref()
