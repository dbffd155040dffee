import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestEngine, type TestEngine } from '#features/tags/server/tag-engine-testing.ts'
import { sql } from '#platform/common/sql.ts'

let bank: TestEngine
beforeAll(async () => {
  bank = await openTestEngine('2026-03-10T10:00:00Z')
  await bank.define({ key: 'job', type: 'enum', source: { attribute: 'job' } })
})
afterAll(() => bank.close())

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const open = async () =>
  (await bank.engine.alerts.list({ limit: 50, state: 'open' })).items.map(
    ({ kind, severity, detail, times }) => ({ kind, severity, detail, times }),
  )

test('coverage, drift, failure, lateness and too many values are told, and go when their cause goes', async () => {
  await bank.customers(ids(1, 50), { job: 'x' })
  await bank.customers(ids(51, 100), { job: 'y' })
  await bank.engine.refresh('job')
  expect(await open()).toEqual([])
  await bank.customers(ids(1, 70), {}, 2)
  await bank.engine.refresh('job')
  expect(await open()).toEqual([
    {
      ...{ kind: 'drift', severity: 'serious', times: 1 },
      detail: { psi: expect.any(Number), threshold: 0.1 },
    },
    {
      ...{ kind: 'coverage', severity: 'serious', times: 1 },
      detail: { coverage: 30, usual: 100, dropPercent: 70 },
    },
  ])
  const history = await bank.engine.history('job')
  // Half and half before; all are y now: (0.0001−0.5)·ln(0.0001/0.5) + (1−0.5)·ln(1/0.5).
  expect(history.items[0]?.psi).toBeCloseTo(4.6048, 3)
  await bank.ch.command(sql`RENAME TABLE tag_value TO tag_value_away`)
  await expect(bank.engine.refresh('job')).rejects.toMatchObject({ code: 'CLICKHOUSE_FAILED' })
  await bank.ch.command(sql`RENAME TABLE tag_value_away TO tag_value`)
  expect((await open()).map(({ kind }) => kind)).toContain('failed')
  await bank.customers(ids(1, 50), { job: 'x' }, 3)
  await bank.customers(ids(51, 100), { job: 'y' }, 3)
  await bank.engine.refresh('job')
  await bank.engine.refresh('job')
  expect(await open()).toEqual([])
  bank.setNow('2026-03-13T10:00:00Z')
  await bank.engine.alerts.checkStale()
  expect((await open()).map(({ kind }) => kind)).toEqual(['stale'])
  await bank.ch.command(sql`
    INSERT INTO customer (customer_id, customer_no, org_id, attributes, ver)
    SELECT 1000 + n.number, concat('N', toString(n.number)), 1, map('job', toString(n.number)), 1 FROM numbers(1500) AS n`)
  await bank.engine.refresh('job')
  expect((await open()).map(({ kind }) => kind)).toEqual(['bitmaps'])
  expect(Object.keys(await bank.values('job'))).toHaveLength(1600)
})
