import { afterAll, beforeAll, expect, test } from 'vitest'
import { dying, openTestEngine, type TestEngine } from '#features/tags/server/tag-engine-testing.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'
import { connectPostgres } from '#platform/server/postgres/postgres.ts'

let bank: TestEngine
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const at = new Date('2026-03-10T10:00:00Z')
beforeAll(async () => {
  bank = await openTestEngine('2026-03-10T17:30:00Z')
  await bank.customers([1, 2, 3, 4], { job: 'teacher' })
  await bank.events([
    { name: 'pay', customerId: 1, msg: id(1), at, props: { amount: '5' } },
    { name: 'pay', customerId: 2, msg: id(2), at, props: { amount: '7' } },
    { name: 'pay', customerId: 2, msg: id(3), at, props: { amount: '9' } },
  ])
  await bank.define(
    { key: 'n', type: 'number', source: { event: 'pay', agg: 'count' } },
    { key: 'sum', type: 'number', source: { event: 'pay', agg: 'sum', prop: 'amount' } },
    { key: 'job', type: 'enum', source: { attribute: 'job' } },
    { key: 'payer', type: 'bool', source: { rule: { tag: 'n', is: 'gte', value: 1 } } },
    {
      key: 'big',
      type: 'bool',
      source: {
        rule: {
          all: [
            { tag: 'payer', is: 'eq', value: true },
            { tag: 'sum', is: 'gte', value: 10 },
          ],
        },
      },
    },
    { key: 'loop-a', type: 'bool', source: { rule: { tag: 'loop-b', is: 'exists' } } },
    { key: 'loop-b', type: 'bool', source: { rule: { tag: 'loop-a', is: 'exists' } } },
  )
})
afterAll(() => bank.close())

const run = async (mode: 'full' | 'incremental', tags?: string[]) => {
  const started = await bank.engine.runs.start(testCaller(), tags ? { tags, mode } : { all: true, mode })
  await bank.jobs.runJob(started.jobId)
  return bank.engine.runs.get(started.runId)
}

test('a run shares scans, orders by need, refuses circles and tells what it cost', async () => {
  const done = await run('full')
  expect(done).toMatchObject({ state: 'done', tags: 5, stepsFailed: 0, attempts: 1 })
  expect(done.stepList.map(({ name, level }) => [name, level])).toEqual([
    ['attribute', 0],
    ['event:pay', 0],
    [expect.stringContaining('rule:'), 1],
    [expect.stringContaining('rule:'), 2],
  ])
  expect(await bank.values('n')).toEqual({ 1: '1', 2: '2' })
  expect(await bank.values('sum')).toEqual({ 1: '5', 2: '16' })
  expect(await bank.values('big')).toEqual({ 1: 'false', 2: 'true', 3: 'false', 4: 'false' })
  expect(await bank.told('big')).toEqual({ 1: 'false', 2: 'true', 3: 'false', 4: 'false' })
  expect(done.durationMs).toBeGreaterThan(0)
  const failed = done.tagList.filter((tag) => tag.state === 'failed')
  expect(failed.map(({ key }) => key).sort()).toEqual(['loop-a', 'loop-b'])
  expect(failed[0]?.error).toContain('TAG_CYCLE')
  const open = await bank.engine.alerts.list({ limit: 50, state: 'open' })
  expect(open.items.map(({ key, kind }) => `${key} ${kind}`).sort()).toEqual([
    'loop-a failed',
    'loop-b failed',
  ])
})

test('an incremental run writes only what changed, later, taken back or gone', async () => {
  await bank.events([
    { name: 'pay', customerId: 3, msg: id(4), at, props: { amount: '100' } },
    { name: 'pay', customerId: 1, msg: id(1), at, props: { amount: '5' }, ver: 2, isDeleted: true },
    { name: 'pay', customerId: 2, msg: id(2), at, props: { amount: '7' } },
  ])
  bank.setNow('2026-03-10T18:30:00Z')
  const done = await run('incremental', ['n', 'sum', 'payer', 'big'])
  expect(done.stepList.every(({ mode }) => mode === 'incremental')).toBe(true)
  expect(await bank.values('n')).toEqual({ 2: '2', 3: '1' })
  expect(await bank.values('sum')).toEqual({ 2: '16', 3: '100' })
  expect(await bank.values('payer')).toEqual({ 1: 'false', 2: 'true', 3: 'true', 4: 'false' })
  expect(await bank.values('big')).toEqual({ 1: 'false', 2: 'true', 3: 'true', 4: 'false' })
  expect(Object.fromEntries(done.tagList.map(({ key, changed }) => [key, changed]))).toEqual({
    n: 2,
    sum: 2,
    payer: 2,
    big: 1,
  })
  const row = await bank.pg.first<{ coverage: number }>(
    sql`SELECT t.coverage FROM tag AS t WHERE t.key = 'n'`,
  )
  expect(row?.coverage).toBe(2)
  expect(await bank.told('n')).toEqual({ 2: '2', 3: '1' })
})

test('history, alerts with their acknowledgement', async () => {
  const history = await bank.engine.history('n')
  expect(history.items.map(({ mode, coverage }) => [mode, coverage])).toEqual([
    ['incremental', 2],
    ['full', 2],
  ])
  expect(history.items[1]?.distribution).toMatchObject({ kind: 'bounds' })
  const [alert] = (await bank.engine.alerts.list({ limit: 1, state: 'open' })).items
  const done = await bank.engine.alerts.acknowledge(testCaller(), alert?.alertId ?? '', 'known')
  expect(done).toMatchObject({ acknowledgedBy: testCaller().username, reason: 'known' })
  await expect(bank.engine.alerts.acknowledge(testCaller(), done.alertId, 'x')).rejects.toMatchObject({
    code: 'TAG_ALERT_DONE',
  })
})

test('under another definition whoever lost a value is told, and what is computed from it follows', async () => {
  await bank.pg.execute(sql`
    UPDATE tag SET source = '{"event":"pay","agg":"count","where":[{"prop":"amount","is":"eq","value":100}]}', version = 2,
      refresh_id = NULL WHERE key = 'n'`)
  bank.setNow('2026-03-10T19:30:00Z')
  const done = await run('incremental', ['n', 'payer', 'big'])
  expect(done.stepList.map(({ mode }) => mode)).toEqual(['full', 'incremental', 'incremental'])
  expect(await bank.values('n')).toEqual({ 3: '1' })
  expect(await bank.told('n')).toEqual({ 3: '1' })
  expect(await bank.values('payer')).toEqual({ 1: 'false', 2: 'false', 3: 'true', 4: 'false' })
  expect(await bank.values('big')).toEqual({ 1: 'false', 2: 'false', 3: 'true', 4: 'false' })
})

test('a cancelled run begins no further step; an ended one cannot be cancelled', async () => {
  const { runId, jobId } = await bank.engine.runs.start(testCaller(), { all: true, mode: 'full' })
  expect(await bank.engine.runs.cancel(testCaller(), runId)).toMatchObject({ state: 'cancelled' })
  await bank.jobs.runJob(jobId)
  expect(await bank.engine.runs.get(runId)).toMatchObject({ state: 'cancelled', steps: 0 })
  await expect(bank.engine.runs.cancel(testCaller(), runId)).rejects.toMatchObject({ code: 'TAG_RUN_ENDED' })
})

test('a run cut off in the middle goes on behind its last finished step, and shows nothing twice', async () => {
  await bank.engine.runs.runNow('test', 'full', ['n', 'job', 'payer'])
  const pg = await connectPostgres(bank.url ?? '', { applicationName: 'cut off' })
  const { ch, died } = dying(
    bank.ch,
    (text) => text.includes('rule') || text.includes('CAST(if(u.customer_id'),
  )
  const run = bank.create({ pg, ch }).runs.runNow('test', 'full', ['n', 'job', 'payer'])
  void run.catch(() => undefined)
  await died
  await bank.pg.execute(sql`
    SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a
    WHERE a.application_name = 'cut off' AND a.datname = current_database()`)
  const [open] = (await bank.engine.runs.list({ limit: 1 })).items
  expect(open).toMatchObject({ state: 'running', steps: 3, stepsDone: 2, attempts: 1 })
  const shown = () =>
    bank.pg.query(sql`SELECT t.key, t.refresh_id FROM tag AS t WHERE t.key IN ('n', 'job') ORDER BY t.key`)
  const before = await shown()
  await bank.engine.runs.resume()
  expect(await shown()).toEqual(before)
  const done = await bank.engine.runs.get(open?.runId ?? '')
  expect(done).toMatchObject({ state: 'done', stepsDone: 3, attempts: 2 })
  expect(done.tagList.map(({ key, state }) => [key, state]).sort()).toEqual([
    ['job', 'done'],
    ['n', 'done'],
    ['payer', 'done'],
  ])
})
