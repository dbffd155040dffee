import { test } from 'vitest'
import { sql, typed } from '#platform/common/sql.ts'
import { openTestCustomers } from './customers-testing.ts'
import { aumByCustomer } from './index.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
const time = async <T>(name: string, n: number, f: () => Promise<T>) => { const a = performance.now(); const r = await f(); const ms = performance.now() - a; console.log(name, Math.round(ms), 'ms', Math.round(n / ms * 1000), '/s'); return r }
test('perf', async () => {
  const t = await openTestCustomers()
  const N = 100_000, B = 10_000
  const rows = Array.from({ length: N }, (_, i) => ({ customerNo: `ZK-${String(i).padStart(8, '0')}`, orgId: 2 + i % 3, rmStaffId: 1 + i % 2, openedOn: '2020-01-01', attributes: { job: 'j' + i % 20, marital: 'm' + i % 3, age: String(i % 80), education: 'e' + i % 7 } }))
  for (const name of ['new', 'same']) {
    await time('upsert ' + name, N, async () => { for (let i = 0; i < N; i += B) await t.upsert(rows.slice(i, i + B)) })
    await time('sync', N, () => t.customers.syncCustomers())
  }
  const changed = rows.map(r => ({ ...r, orgId: 2, attributes: { age: '99' } }))
  await time('upsert changed', N, async () => { for (let i = 0; i < N; i += B) await t.upsert(changed.slice(i, i + B)) })
  const ided = rows.slice(0, 50000).map((r, i) => ({ customerNo: 'ID' + i, identities: [{ kind: 'name', value: '张三' + i }, { kind: 'phone', value: String(13800000000 + i) }, { kind: 'national_id', value: String(110105194912310020 + i) }] }))
  await time('upsert identities', 50000, async () => { for (let i = 0; i < 50000; i += B) await t.upsert(ided.slice(i, i + B)) })
  await time('sync', 150000, () => t.customers.syncCustomers())
  const nos = Array.from({ length: 50000 }, (_, i) => 'PV' + i)
  await time('resolve provisional', 50000, () => t.customers.resolveCustomerNos(nos, { createProvisional: true }))
  await time('resolve cached', 50000, () => t.customers.resolveCustomerNos(nos, { createProvisional: true }))
  const bal = Array.from({ length: 1_000_000 }, (_, i) => ({ customerId: 1 + i % 100000, class: 'c' + i % 3, businessDate: '2026-0' + (1 + i % 3) + '-0' + (1 + i % 9), currency: 'CNY', amount: (i % 1000000) + '.25' }))
  await time('balances', 1_000_000, async () => { for (let i = 0; i < 1_000_000; i += 50000) await t.customers.addBalances(bal.slice(i, i + 50000)) })
  const hol = bal.slice(0, 200000).map((b, i) => ({ customerId: b.customerId, holdingNo: 'H' + i, productCode: 'P', family: 'fund', currency: 'CNY', amount: '1.5', openedOn: '2020-01-01' }))
  await time('holdings', 200000, () => t.customers.addHoldings(hol))
  for (let k = 0; k < 2; k++) {
  await time('aum all final', 1, () => t.ch.query(sql`SELECT count() AS c, sum(aum) AS s FROM (${aumByCustomer('2026-03-01')})`))
  console.log(await time('aum all tuple', 1, () => t.ch.query(sql`SELECT count() AS c, sum(aum) AS s FROM (SELECT customer_id, sum(latest) AS aum FROM (SELECT customer_id, class, argMax(amount, (business_date, ver)) AS latest FROM balance WHERE currency='CNY' AND business_date <= '2026-03-01' GROUP BY customer_id, class) GROUP BY customer_id)`)))
  await time('aum 50', 1, () => t.customers.aum(Array.from({ length: 50 }, (_, i) => i * 100)))
  await time('aum few', 1, () => t.customers.aum([5]))
  }
  for (let y = 0; y < 6; y++) await t.ch.command(sql`INSERT INTO event SELECT 'event_' || toString(number % 25), 1 + cityHash64(number, ${typed('UInt8', y)}) % 100000, generateUUIDv4(), toDateTime64('2025-11-01 00:00:00', 3) + number * 20, now64(3), 0, 's', map('page','p'||toString(number%50),'amount',toString(number)), 1, 0 FROM numbers(500000)`)
  for (let k = 0; k < 3; k++) {
    await time('timeline', 1, () => t.customers.timeline(scopeOfEveryone, 'ZK-00000100', { limit: 50 }))
    await time('timeline nofinal', 1, () => t.ch.query(sql`SELECT * FROM (SELECT toString(occurred_at) AS at, occurred_at, name, source, msg, props, is_deleted FROM event PREWHERE customer_id=101 ORDER BY ver DESC LIMIT 1 BY name, msg) WHERE is_deleted=0 ORDER BY occurred_at DESC, msg DESC LIMIT 50`))
    await time('timeline names', 1, () => t.ch.query(sql`SELECT toString(occurred_at) AS at, occurred_at, name, source, msg, props FROM event FINAL PREWHERE customer_id=101 AND name IN (SELECT DISTINCT name FROM event) ORDER BY occurred_at DESC, msg DESC LIMIT 50`))
  await time('list', 50, () => t.customers.list(scopeOfEveryone, scopeOfEveryone, { limit: 50 }))
  await time('list q prefix all', 50, () => t.customers.list(scopeOfEveryone, scopeOfEveryone, { limit: 50, q: 'ZK' }))
  await time('list q exact', 50, () => t.customers.list(scopeOfEveryone, scopeOfEveryone, { limit: 50, q: 'ZK-00099999' }))
  await time('list q phone', 50, () => t.customers.list(scopeOfEveryone, scopeOfEveryone, { limit: 50, q: '13800049999' }))
  await time('count q ZK', 50, () => t.customers.count(scopeOfEveryone, { q: 'ZK' }))
  }
  await t.close()
}, 300000)
