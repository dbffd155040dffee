import { createCollector } from './collector.ts'
import { createCustomerTokens } from './customer-token.ts'
import { createIngestCounters } from './ingest-counters.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import { systemClock } from '#platform/common/clock.ts'
const w = createRowBinaryWriter(1 << 20)
const collector = createCollector({ spool: { append: async (f) => { f(w, []); w.reset() } }, counters: createIngestCounters(), clock: systemClock, tokens: createCustomerTokens({ clock: systemClock }), timeZone: 'Asia/Shanghai' })
let n = 0; const pad = 'x'.repeat(160)
const ev = () => { const i = n++; return { type: 'track', event: 'page_viewed', userId: 'C-' + (i * 7919 % 50000), anonymousId: 'device-' + (i % 40000), messageId: `r-${process.pid}-${i}`, timestamp: new Date().toISOString(), properties: { page: '/home/wealth', referrer: '/index', amount: i % 1000 + 0.5, product: 'fund-000123', space: 'main', version: '8.1.0', note: pad } } }
const bodies = Array.from({ length: 500 }, () => JSON.stringify({ batch: Array.from({ length: 100 }, ev) }))
const key = { key: 'k', source: 'core', kind: 'trusted' as const, jwks: null, tokenIssuer: null }
const t0 = process.cpuUsage()
for (let r = 0; r < 4; r++) for (const b of bodies) await collector.takeBatch(key, JSON.parse(b).batch)
const t = process.cpuUsage(t0)
console.log('cpu us/event', (t.user + t.system) / 200000)
const t1 = process.cpuUsage(); for (let r = 0; r < 4; r++) for (const b of bodies) JSON.parse(b); const d = process.cpuUsage(t1); console.log('parse', (d.user + d.system) / 200000)
