import { test } from 'vitest'
import { createGate } from '#features/gate/server/index.ts'
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
  const run = async (label: string, size: number, calls: number, base: number) => {
    let decided = 0, reserved = 0
    const t = performance.now()
    let next = 0
    await Promise.all(Array.from({ length: 8 }, async () => {
      while (next < calls) {
        const i = next++
        const gate = createGate({ pg, clock: { now: () => new Date(Date.parse('2026-11-02T00:00:00Z') + (base + i) * 3_600_000) } })
        const ids = Array.from({ length: size }, () => 1 + Math.floor(Math.random() * N))
        const d = await pg.transaction((tx) => gate.reserve(tx, { campaignId: base + i, campaignKey: 'c', rung: 0, channel: 'inbox', customerIds: ids }))
        decided += d.length; reserved += d.filter((x) => x.outcome === 'reserved').length
      }
    }))
    const s = (performance.now() - t) / 1000
    console.log(label, { decided, reserved, s, perS: Math.round(decided / s), reservedPerS: Math.round(reserved / s) })
  }
  await run('cold', 5000, 40, 0)
  await run('warm', 5000, 200, 100)
  let t = performance.now()
  for (let i = 0; i < 200; i++) {
    const gate = createGate({ pg, clock: { now: () => new Date('2027-11-02T00:00:00Z') } })
    await pg.transaction((tx) => gate.reserve(tx, { campaignId: 5000 + i, campaignKey: 'c', rung: 0, channel: 'inbox', customerIds: [1 + i] }))
  }
  console.log('single ms', (performance.now() - t) / 200)
  await drop()
})
