import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  absent,
  exampleMapping,
  openTestImports,
  realData,
  type TestImports,
} from '#features/imports/server/imports-testing.ts'
import { sql } from '#platform/common/sql.ts'

let bank: TestImports
beforeAll(async () => {
  bank = await openTestImports()
})
afterAll(() => bank?.close())

const berkaFiles = ['district', 'client', 'disp', 'account', 'loan', 'card', 'order'].map(
  (name) => `${name}.csv`,
)

test('Berka in full: every client, their regions and districts, what the owners have', async (context) => {
  const folder = realData('berka')
  if (!folder) return context.skip(absent)
  const mapping = exampleMapping('berka')
  const startedAt = performance.now()
  const files = await bank.run(
    mapping,
    berkaFiles.map((name) => join(folder, name)),
    { rejectsPath: bank.folder },
  )
  console.log(
    `berka: ${files.reduce((sum, file) => sum + file.rows, 0)} rows in ${Math.round(performance.now() - startedAt)} ms`,
  )

  expect(
    files.map(({ file, rows, imported, skipped, rejected }) => ({ file, rows, imported, skipped, rejected })),
  ).toEqual([
    { file: 'district.csv', rows: 77, imported: 77, skipped: 0, rejected: 0 },
    { file: 'client.csv', rows: 5369, imported: 5369, skipped: 0, rejected: 0 },
    { file: 'disp.csv', rows: 5369, imported: 869, skipped: 4500, rejected: 0 },
    { file: 'account.csv', rows: 4500, imported: 4500, skipped: 0, rejected: 0 },
    { file: 'loan.csv', rows: 682, imported: 682, skipped: 0, rejected: 0 },
    { file: 'card.csv', rows: 892, imported: 892, skipped: 0, rejected: 0 },
    { file: 'order.csv', rows: 6471, imported: 6471, skipped: 0, rejected: 0 },
  ])
  expect(await bank.pgCount(sql`customer AS c WHERE c.customer_no LIKE 'BERKA-%'`)).toBe(5369)
  expect(await bank.count(sql`customer AS c FINAL WHERE startsWith(c.customer_no, 'BERKA-')`)).toBe(5369)
  const kinds = await bank.pg.query(
    sql`SELECT u.kind, count(*)::int AS n FROM org_unit_current AS u GROUP BY u.kind ORDER BY u.kind`,
  )
  expect(kinds).toEqual([
    { kind: 'branch', n: 8 },
    { kind: 'head_office', n: 1 },
    { kind: 'outlet', n: 77 },
  ])
  const families = await bank.ch.query(
    sql`SELECT h.family AS family, count() AS n FROM holding AS h FINAL GROUP BY h.family ORDER BY h.family`,
  )
  expect(families).toEqual([
    { family: 'account', n: '4500' },
    { family: 'card', n: '892' },
    { family: 'loan', n: '682' },
    { family: 'standing_order', n: '6471' },
  ])
  const statuses = await bank.ch.query(sql`
    SELECT c.attributes['loan_status'] AS status, count() AS n FROM customer AS c FINAL
    WHERE mapContains(c.attributes, 'loan_status') GROUP BY status ORDER BY status`)
  expect(statuses).toEqual([
    { status: 'finished-no-problem', n: '203' },
    { status: 'finished-not-payed', n: '31' },
    { status: 'running-debt', n: '45' },
    { status: 'running-ok', n: '403' },
  ])
  expect(await bank.pgCount(sql`customer_link AS l WHERE l.relation = 'disponent'`)).toBe(869)
  // Nothing belongs to a disponent.
  expect(
    await bank.count(sql`holding AS h FINAL WHERE h.customer_id IN (
    SELECT c.customer_id FROM customer AS c FINAL WHERE c.attributes['account_role'] = 'disponent')`),
  ).toBe(0)
})

test('a Berka client belongs to the district it lives in, not to that of its account', async (context) => {
  if (!realData('berka')) return context.skip(absent)
  const elsewhere = await bank.ch.first<{ n: string }>(sql`
    SELECT count() AS n FROM holding AS h FINAL INNER JOIN customer AS c FINAL ON c.customer_id = h.customer_id
    WHERE h.family = 'account' AND h.attributes['account_district'] <> c.attributes['district']`)
  expect(Number(elsewhere?.n)).toBeGreaterThan(400)
  const wrong = await bank.pgCount(sql`
    customer AS c JOIN org_unit_current AS u ON u.org_id = c.org_id WHERE u.name <> c.attributes->>'district'`)
  expect(wrong).toBe(0)
})

test('UCI in full: each row a customer, the events, the finished campaign', async (context) => {
  const file = realData('uci-bank-marketing', 'bank-additional-full.csv')
  if (!file) return context.skip(absent)
  const mapping = exampleMapping('uci-bank-marketing')
  const startedAt = performance.now()
  const [summary] = await bank.run(mapping, [file], { rejectsPath: bank.folder })
  console.log(`${basename(file)}: 41188 rows in ${Math.round(performance.now() - startedAt)} ms`)
  expect(summary).toMatchObject({ rows: 41188, imported: 41188, skipped: 0, rejected: 0, rejectsFile: null })
  expect(await bank.count(sql`customer AS c FINAL WHERE startsWith(c.customer_no, 'UCI-')`)).toBe(41188)
  expect(await bank.count(sql`event AS e FINAL WHERE e.name = 'campaign_contacted'`)).toBe(41188)
  const yes = await bank.ch.first(sql`
    SELECT uniqExact(e.customer_id) AS n FROM event AS e FINAL WHERE e.name = 'term_deposit_opened'`)
  expect(yes).toEqual({ n: '4640' })
  const arms = await bank.ch.query(sql`
    SELECT m.arm AS arm, m.is_control AS control, count() AS customers, countIf(m.outcomes['term_deposit_opened'] > 0) AS converted
    FROM campaign_member AS m FINAL GROUP BY arm, control ORDER BY arm`)
  expect(arms).toEqual([
    { arm: 'cellular', control: 0, customers: '26144', converted: '3853' },
    { arm: 'telephone', control: 1, customers: '15044', converted: '787' },
  ])
  const years = await bank.ch.query(sql`
    SELECT toYear(e.occurred_at, 'Asia/Shanghai') AS year, count() AS n FROM event AS e FINAL
    WHERE e.name = 'campaign_contacted' GROUP BY year ORDER BY year`)
  expect(years).toEqual([
    { year: 2008, n: '27690' },
    { year: 2009, n: '11440' },
    { year: 2010, n: '2058' },
  ])
  const first = await bank.ch.first<{ attributes: object }>(
    sql`SELECT c.attributes AS attributes FROM customer AS c FINAL WHERE c.customer_no = 'UCI-1'`,
  )
  expect(first?.attributes).toEqual({
    age: '56',
    job: 'housemaid',
    marital: 'married',
    education: 'basic.4y',
    default: 'no',
    housing: 'no',
    loan: 'no',
  })
})

test('importing both once more, also by force, changes nothing', async (context) => {
  const file = realData('uci-bank-marketing', 'bank-additional-full.csv')
  const folder = realData('berka')
  if (!file || !folder) return context.skip(absent)
  const fingerprint = async () => [
    await bank.pg.first(
      sql`SELECT count(*)::int AS n, max(c.revision) AS newest, sum(c.customer_id)::text AS ids FROM customer AS c`,
    ),
    await bank.ch.first(
      sql`SELECT count() AS n, groupBitXor(cityHash64(e.name, e.customer_id, e.msg, e.occurred_at, e.props)) AS all FROM event AS e FINAL`,
    ),
    await bank.ch.first(
      sql`SELECT count() AS n, groupBitXor(cityHash64(h.customer_id, h.holding_no, h.amount, h.attributes)) AS all FROM holding AS h FINAL`,
    ),
    await bank.count(sql`campaign_member AS m FINAL`),
    await bank.pgCount(sql`customer_link AS l`),
    await bank.pgCount(sql`org_unit_version AS v`),
  ]
  const before = await fingerprint()
  const unchanged = await bank.run(exampleMapping('uci-bank-marketing'), [file])
  expect(unchanged[0]).toMatchObject({ outcome: 'unchanged', rows: 41188, imported: 41188 })
  expect(await fingerprint()).toEqual(before)
  const again = { again: true, rejectsPath: bank.folder }
  await bank.run(exampleMapping('uci-bank-marketing'), [file], again)
  await bank.run(
    exampleMapping('berka'),
    berkaFiles.map((name) => join(folder, name)),
    again,
  )
  expect(await fingerprint()).toEqual(before)
})
