import { join } from 'node:path'
import { registerCollectRoutes } from '#features/ingest/server/collect-routes.ts'
import { createCollector } from '#features/ingest/server/collector.ts'
import { createCustomerTokens } from '#features/ingest/server/customer-token.ts'
import { createIngestCounters } from '#features/ingest/server/ingest-counters.ts'
import { openSpool } from '#features/ingest/server/spool.ts'
import { createWriteKeys, type WriteKey } from '#features/ingest/server/write-keys.ts'
import { systemClock } from '#platform/common/clock.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'

/*
 * A collecting process without engines, for tests that kill it: `node --import tsx … <data directory> <write key>`.
 * Says its port on standard output.
 */
const [dataDir = '', key = ''] = process.argv.slice(2)
const trusted: WriteKey = { key, source: 'core', kind: 'trusted', jwks: null, tokenIssuer: null }
const clock = systemClock
const log = (error: unknown, message: string) => console.error(message, error)
// Small segments: a kill meets their creation and closing too.
const spool = await openSpool({
  dir: join(dataDir, 'spool'),
  limitBytes: 1 << 30,
  log,
  segmentBytes: 60_000,
  segmentMs: 20,
})
const counters = createIngestCounters()
const tokens = createCustomerTokens({ clock })
const { app } = createTestHttp()
registerCollectRoutes(app, {
  ingest: {
    collector: createCollector({ spool, tokens, counters, clock, timeZone: 'Asia/Shanghai' }),
    keys: createWriteKeys({ load: async () => [trusted], clock }),
    counters,
  },
})
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
