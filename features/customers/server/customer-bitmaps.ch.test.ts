import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  isCurrentSql,
  isTouchedSql,
  isUnbasedSql,
  readCustomerUniverse,
} from '#features/customers/server/customer-bitmaps.ts'
import {
  branch1,
  branch2,
  openTestCustomers,
  rm1,
  rm2,
} from '#features/customers/server/customers-testing.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

let opened: Awaited<ReturnType<typeof openTestCustomers>>
beforeAll(async () => {
  opened = await openTestCustomers()
})
afterAll(() => opened.close())

/** Ids by org unit and by person, as bitmaps with what was touched since say, and as the rows say. */
async function bothWays() {
  const { ch } = opened
  const base = await readCustomerUniverse(ch)
  const now = sql`
    SELECT c.customer_id AS id, k.1 AS kind, k.2 AS owner FROM customer AS c FINAL
    ARRAY JOIN [('all', toUInt32(0)), ('org', c.org_id), ('rm', c.rm_staff_id)] AS k`
  const touched = sql`SELECT t.customer_id FROM customer_touched AS t WHERE ${isTouchedSql(base, ch.chunkBits)}`
  const byBitmaps = sql`
    SELECT arrayJoin(bitmapToArray(m.members)) AS id, m.kind AS kind, m.id AS owner FROM customer_bitmap AS m
    WHERE ${isCurrentSql(base)}`
  const read = (rows: Sql) =>
    ch.query<{ kind: string; owner: number; ids: number[] }>(sql`
      SELECT r.kind AS kind, r.owner AS owner, arraySort(groupArray(r.id)) AS ids FROM (${rows}) AS r
      GROUP BY kind, owner ORDER BY kind, owner`)
  const isRow = sql`(r.id IN (${touched}) OR ${isUnbasedSql(sql`r.id`, base, ch.chunkBits)})`
  const combined = sql`
    SELECT b.id AS id, b.kind AS kind, b.owner AS owner FROM (${byBitmaps}) AS b WHERE b.id NOT IN (${touched})
    UNION ALL SELECT r.id AS id, r.kind AS kind, r.owner AS owner FROM (${now}) AS r WHERE ${isRow}`
  return { bitmaps: await read(combined), rows: await read(now), base }
}

type Step =
  | { do: 'put'; no: number; orgId: number; rm: number | null }
  | { do: 'merge' | 'split'; no: number; to: number }
  | { do: 'copy' | 'settle' | 'die' }

const numberOf = fc.integer({ min: 1, max: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      no: numberOf,
      orgId: fc.constantFrom(branch1, branch2),
      rm: fc.constantFrom(rm1, rm2, null),
    }),
  },
  fc.record({ do: fc.constantFrom('merge' as const, 'split' as const), no: numberOf, to: numberOf }),
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('copy' as const, 'settle' as const, 'die' as const) }),
  },
)

async function run(one: Step, prefix: string): Promise<void> {
  const { customers, pg, ch } = opened
  if (one.do === 'put') {
    const input = { customerNo: `${prefix}${one.no}`, orgId: one.orgId, rmStaffId: one.rm, attributes: {} }
    await pg.transaction((tx) => customers.upsertCustomers(tx, [input]))
  } else if (one.do === 'copy') await customers.syncCustomers()
  else if (one.do === 'settle') await customers.settleCustomers()
  else if (one.do === 'die') {
    // A process that died between saying so and writing the row: said, not written, and still marked.
    const rows = await pg.query<{ id: number }>(sql`
      SELECT c.customer_id AS id FROM customer AS c ORDER BY c.customer_id DESC LIMIT 3`)
    const seq = await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`)
    for (const { id } of rows) await ch.insertRows('customer_touched', [{ customer_id: id, seq: seq?.id }])
  } else if (one.do === 'merge' || one.do === 'split') {
    const everyone = { everyone: true, orgIds: [], rmStaffId: null }
    const [from, to] = [
      await customers.findByNo(everyone, `${prefix}${one.no}`),
      await customers.findByNo(everyone, `${prefix}${one.to}`),
    ]
    if (!from || !to || from.customerId === to.customerId) return
    if (one.do === 'merge') await customers.merges.merge('test', { from, to, reason: 'same person' })
    else await customers.merges.split('test', from, 'two people')
  }
}

test('bitmaps and rows name the same customers after any moves, merges, settlings and deaths', async () => {
  let turn = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async (steps) => {
      turn += 1
      for (const one of steps) {
        await run(one, `T${turn}-`)
        const { bitmaps, rows } = await bothWays()
        expect(bitmaps).toEqual(rows)
      }
    }),
    { numRuns: 4 },
  )
})

test('a settled bank is counted from bitmaps alone, and a copy under way is not lost', async () => {
  const { customers, pg, ch } = opened
  await customers.syncCustomers()
  expect(await customers.settleCustomers()).toBe(true)
  const settled = await bothWays()
  expect(settled.base).toMatchObject({ hasTouched: false, hasUnbased: false })
  expect(settled.rows.length).toBeGreaterThan(2)

  // Marked, said and not yet written when the settling comes by; written afterwards.
  const put = { customerNo: 'late', orgId: branch1, rmStaffId: null, attributes: {} }
  const [id = 0] = await pg.transaction((tx) => customers.upsertCustomers(tx, [put]))
  const seq = await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`)
  await ch.insertRows('customer_touched', [{ customer_id: id, seq: seq?.id }])
  expect(await customers.settleCustomers()).toBe(true)
  await customers.syncCustomers()
  const late = await bothWays()
  expect(late.bitmaps).toEqual(late.rows)
  const found = await ch.first<{ n: string }>(sql`
    SELECT count() AS n FROM customer AS c FINAL WHERE c.customer_id = ${typed('UInt32', id)}`)
  expect(Number(found?.n)).toBe(1)
})
