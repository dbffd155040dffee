import { test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'
test('bench', async () => {
  const { pg, drop } = await createTestDatabase()
  const N = 100_000
  await pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ')`)
  await pg.execute(sql`INSERT INTO customer (customer_id, customer_no, org_id) SELECT n, 'C-' || n, 1 FROM generate_series(1, ${N}::int) AS n`)
  await pg.execute(sql`INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at) SELECT n, 'marketing', n % 10 <> 0, '1', 'b', now() FROM generate_series(1, ${N}::int) AS n`)
  await pg.execute(sql`TRUNCATE contact_cap`)
  await pg.execute(sql`INSERT INTO contact_cap (channel, window_minutes, most) VALUES (NULL, 1440, 1), (NULL, 10080, 3), (NULL, 43200, 8), ('inbox', 1440, 1), ('inbox', 10080, 2), ('inbox', 43200, 6)`)
  await pg.execute(sql`ANALYZE customer`); await pg.execute(sql`ANALYZE consent`)
  const ids = () => Array.from({ length: 5000 }, () => 1 + Math.floor(Math.random() * N))
  const at = (i: number) => new Date(Date.parse('2026-11-02T00:00:00Z') + i * 3_600_000)
  const call = (i: number) => pg.first<{ n: number; r: number }>(sql`SELECT count(*) AS n, count(d.touch_id) AS r FROM gate_reserve(${i}::int, 0, 'inbox', true, ${ids()}::bigint[], ${at(i)}::timestamptz) AS d`)
  for (const [label, workers, calls, base] of [['one', 1, 30, 0], ['one', 1, 30, 100], ['two', 2, 60, 200], ['eight', 8, 60, 300]] as const) {
    const t = performance.now(); let next = 0, n = 0, r = 0
    await Promise.all(Array.from({ length: workers }, async () => { while (next < calls) { const x = await call(base + next++); n += x!.n; r += x!.r } }))
    const s = (performance.now() - t) / 1000
    console.log(label, 'decisions/s', Math.round(n / s), 'reserved/s', Math.round(r / s), 'ms/call', Math.round(s * 1000 / calls))
  }
  const time = async (label: string, f: () => Promise<unknown>) => { const t = performance.now(); for (let i = 0; i < 10; i++) await f(); console.log(label, ((performance.now() - t) / 10).toFixed(1), 'ms') }
  await time('standing', () => pg.query(sql`SELECT count(*) FROM gate_standing(${ids()}::bigint[]) WHERE code IS NULL`))
  await time('insert', () => pg.query(sql`INSERT INTO gate_customer (customer_id) SELECT DISTINCT u.id FROM unnest(${ids()}::bigint[]) AS u (id) ORDER BY 1 ON CONFLICT DO NOTHING`))
  await time('lock', () => pg.query(sql`SELECT count(*) FROM (SELECT 1 FROM gate_customer AS g WHERE g.customer_id = ANY (${ids()}::bigint[]) ORDER BY g.customer_id FOR UPDATE) AS x`))
  await time('caps', () => pg.query(sql`SELECT count(*) FROM (SELECT DISTINCT t.customer_id
    FROM touch AS t JOIN contact_cap AS k
      ON (k.channel IS NULL OR (k.channel = 'inbox' AND t.channel = 'inbox'))
      AND t.at > ${at(400)}::timestamptz - make_interval(mins => k.window_minutes)
      AND t.at < ${at(400)}::timestamptz + make_interval(mins => k.window_minutes)
    WHERE t.customer_id = ANY (${ids()}::bigint[]) AND t.state <> 'released' AND t.counts_as_message
      AND t.at > ${at(400)}::timestamptz - interval '30 days' AND t.at < ${at(400)}::timestamptz + interval '30 days'
    GROUP BY t.customer_id, k.cap_id, k.most HAVING count(*) >= k.most) AS x`))
  await time('roundtrip', () => pg.query(sql`SELECT cardinality(${ids()}::bigint[])`))
  await drop()
}, 250000)
