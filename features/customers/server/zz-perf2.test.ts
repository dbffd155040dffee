import { test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { openTestCustomers } from './customers-testing.ts'
import { prepareCustomers } from './customer-rows.ts'
const time = async <T>(name: string, n: number, f: () => Promise<T>) => { const a = performance.now(); const c0 = process.cpuUsage(); const r = await f(); const ms = performance.now() - a; const c = process.cpuUsage(c0); console.log('c:', name, Math.round(ms), 'ms', Math.round(n / ms * 1000), '/s', 'cpu', Math.round((c.user + c.system) / 1000)); return r }
test('perf', async () => {
  const t = await openTestCustomers()
  const N = 10000
  const mk = (p: string) => Array.from({ length: N }, (_, i) => ({ customerNo: `ZK-${p}-${String(i).padStart(8, '0')}`, orgId: 2 + i % 3, rmStaffId: 1 + i % 2, openedOn: '2020-01-01', attributes: { job: 'j' + i % 20, marital: 'm' + i % 3, age: String(i % 80), education: 'e' + i % 7 } }))
  for (const p of ['a', 'b', 'c']) {
    const rows = mk(p)
    await time('prepare', N, async () => prepareCustomers(rows))
    await time('raw', N, () => t.pg.execute(sql`INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id, attributes) SELECT 1000000+${p.charCodeAt(0) * 20000}::int + i, ${p}::text||'G-'||i, 2 + i%3, 1+i%2, '{"job":"j1","marital":"m1","age":"33","education":"e1"}' FROM generate_series(1,10000) i`))
  await t.pg.transaction(async (tx) => {
    const logTx = { ...tx, execute: async (q: any) => { const a = performance.now(); const r = await tx.execute(q); console.log('c: exec', Math.round(performance.now() - a), q.text[0].trim().slice(0, 60)); return r }, query: async (q: any) => { const a = performance.now(); const r = await tx.query(q); console.log('c: query', Math.round(performance.now() - a), q.text[0].trim().slice(0, 60)); return r as any }, }
    await time('upsert new', N, () => t.customers.upsertCustomers(logTx as any, rows))
    await time('upsert same', N, () => t.customers.upsertCustomers(logTx as any, rows))
    await time('upsert changed', N, () => t.customers.upsertCustomers(logTx as any, rows.map(r => ({ ...r, orgId: 2, attributes: { age: '99' } }))))
    await time('ids', N, () => t.customers.upsertCustomers(logTx as any, rows.map((r, i) => ({ customerNo: r.customerNo + 'x', identities: [{ kind: 'name', value: '张三' + i }, { kind: 'phone', value: String(13800000000 + i) }, { kind: 'national_id', value: String(110105194912310020 + i) }] }))))
  })
  }
  await t.close()
}, 300000)
