import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAudit } from '#features/audit/server/index.ts'
import type { RetentionClass } from '#features/ingest/common/retention.ts'
import { createRetention } from '#features/ingest/server/retention.ts'
import { createPurge } from '#features/ingest/server/retention-purge.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

type Engines = {
  database: Awaited<ReturnType<typeof createTestDatabase>>
  warehouse: Awaited<ReturnType<typeof openTestClickHouse>>
}
let engines: Engines
let now = new Date('2026-09-15T04:00:00Z')
const clock = { now: () => now }
let jobs: ReturnType<typeof createJobs>
let retention: ReturnType<typeof createRetention>

beforeAll(async () => {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  engines = { database, warehouse }
  const { pg } = database
  jobs = createJobs({ pg, clock, log: () => undefined })
  await jobs.migrate()
  const audit = createAudit({ pg, clock })
  retention = createRetention({ pg, ch: warehouse.ch, audit, clock, jobs, timeZone: 'Asia/Shanghai' })
})
afterAll(() => Promise.all([engines.database.drop(), engines.warehouse.drop()]))
beforeEach(async () => {
  now = new Date('2026-09-15T04:00:00Z')
  for (const table of ['event', 'event_anonymous', 'event_reject', 'ingest_rate'])
    await engines.warehouse.ch.command({ kind: 'sql', text: [`TRUNCATE TABLE ${table}`], values: [] })
  await engines.database.pg.execute(sql`DELETE FROM retention_run`)
})

let messages = 0
/** Events by our clock; the client's may differ. */
async function addEvents(...times: (string | { occurred: string; client: string })[]): Promise<void> {
  const rows = times.map((time) => {
    const { occurred, client } = typeof time === 'string' ? { occurred: time, client: time } : time
    messages += 1
    return {
      ...{ name: 'e', customer_id: 1, msg: `00000000-0000-0000-0000-${String(messages).padStart(12, '0')}` },
      ...{ occurred_at: occurred, received_at: occurred, client_at: client, source: 's', props: {}, ver: 1 },
    }
  })
  await engines.warehouse.ch.insertRows('event', rows)
}
const eventTimes = async () =>
  (
    await engines.warehouse.ch.query<{ at: string }>(
      sql`SELECT toString(e.occurred_at) AS at FROM event AS e FINAL ORDER BY e.occurred_at`,
    )
  ).map(({ at }) => at.slice(0, 10))

const plan = async (name: RetentionClass) => {
  const rule = (await retention.list()).items.find((item) => item.class === name)
  if (!rule) throw new Error('no such rule')
  return rule
}
const runJob = async (jobId: string) => {
  await jobs.runJob(jobId)
  const job = await jobs.get(jobId)
  expect(job.error).toBeUndefined()
  return job.result
}
const night = async () => runJob(await jobs.enqueue('retention', {}, 'test'))
const keep = (name: RetentionClass, months: number, isOn = true) =>
  retention.change('admin', name, { months, isOn, reason: 'as decided' })

test('shows what would go, and removes nothing by showing it', async () => {
  await addEvents('2026-01-05 00:00:00', '2026-01-20 00:00:00', '2026-04-02 00:00:00', '2026-09-01 00:00:00')
  await keep('event', 6, false)
  const rule = await plan('event')
  expect(rule).toMatchObject({ months: 6, isOn: false, cutoffAt: '2026-03-15T04:00:00.000Z', totalRows: 4 })
  expect(rule.partitions).toEqual([
    {
      ...{ partition: '202601', rows: 2, bytes: expect.any(Number) },
      ...{ oldestAt: '2026-01-05T00:00:00.000Z', newestAt: '2026-01-20T00:00:00.000Z' },
    },
  ])
  expect(await eventTimes()).toHaveLength(4)
})

test('a rule that is off removes nothing, at night or asked for', async () => {
  await addEvents('2020-01-05 00:00:00')
  await keep('event', 1, false)
  await expect(retention.purgeNow('admin', 'event', 'now')).rejects.toMatchObject({ code: 'RETENTION_OFF' })
  await night()
  expect(await eventTimes()).toEqual(['2020-01-05'])
})

test('removes whole old partitions once a night; a month that is only partly old stays', async () => {
  await addEvents('2026-01-05 00:00:00', '2026-02-27 00:00:00', '2026-03-01 00:00:00', '2026-09-01 00:00:00')
  await keep('event', 6)
  expect(await night()).toContainEqual({ class: 'event', partitions: 2, rows: 2, bytes: expect.any(Number) })
  expect(await eventTimes()).toEqual(['2026-03-01', '2026-09-01'])
  await addEvents('2026-01-05 00:00:00')
  expect(await night()).toEqual([])
  now = new Date('2026-09-15T17:00:00Z')
  expect(await night()).toEqual([])
  now = new Date('2026-09-15T18:30:00Z')
  expect(await night()).toContainEqual(expect.objectContaining({ class: 'event', partitions: 1, rows: 1 }))
  const audited = await engines.database.pg.query(
    sql`SELECT a.object_id FROM audit AS a WHERE a.action = 'retention.purge' AND a.actor = 'retention'`,
  )
  expect(audited).toHaveLength(2)
})

test('a row younger than the rule holds its partition, wherever a wrong clock put it', async () => {
  await addEvents('2026-01-05 00:00:00', { occurred: '2026-09-10 00:00:00', client: '2026-01-09 00:00:00' })
  await keep('event', 6)
  const rule = await plan('event')
  expect(rule.partitions).toEqual([])
  expect(rule.held).toMatchObject([{ partition: '202601', rows: 2 }])
  await runJob(await retention.purgeNow('admin', 'event', 'test'))
  expect(await eventTimes()).toEqual(['2026-01-05', '2026-09-10'])
})

test('a young row that comes in between the look and the removal is put back', async () => {
  await addEvents('2026-01-05 00:00:00')
  const purge = createPurge({ ch: engines.warehouse.ch })
  const cutoff = new Date('2026-03-15T00:00:00Z')
  expect((await purge.plan('event', cutoff)).going).toHaveLength(1)
  await addEvents({ occurred: '2026-09-10 00:00:00', client: '2026-01-09 00:00:00' })
  await purge.drop('event', '202601', cutoff)
  expect(await eventTimes()).toEqual(['2026-09-10'])
})

test('cut off with a partition moved aside, the next run finishes: young rows are back, old ones gone', async () => {
  await addEvents('2026-01-05 00:00:00', { occurred: '2026-09-10 00:00:00', client: '2026-01-09 00:00:00' })
  const { ch } = engines.warehouse
  await ch.command(sql`CREATE TABLE event_aside AS event`)
  await ch.command(sql`ALTER TABLE event MOVE PARTITION ID '202601' TO TABLE event_aside`)
  expect(await eventTimes()).toEqual([])
  await keep('event', 6)
  await night()
  expect(await eventTimes()).toEqual(['2026-09-10'])
  expect(
    await ch.first(sql`SELECT t.name AS name FROM system.tables AS t WHERE t.name = 'event_aside'
    AND t.database = currentDatabase()`),
  ).toBeUndefined()
})

test('rejects and rates go by the time they came, with what was said of the rejects', async () => {
  const { ch } = engines.warehouse
  const { pg } = engines.database
  const reject = (received_at: string) => ({
    received_at,
    source: 's',
    message_id: '',
    code: 'C',
    path: '',
    detail: '',
  })
  await ch.insertRows('event_reject', [reject('2026-04-01 00:00:00'), reject('2026-08-01 00:00:00')])
  await ch.insertRows('ingest_rate', [
    { minute: '2026-07-01 00:00:00', source: 's', protocol: 'p', segment: 'a', accepted: 1 },
    { minute: '2026-09-01 00:00:00', source: 's', protocol: 'p', segment: 'b', accepted: 1 },
  ])
  await pg.execute(sql`INSERT INTO reject_state (reject_id, state, received_at, source, event, code, protocol, changed_by, changed_at)
    VALUES (gen_random_uuid(), 'dismissed', '2026-04-01', 's', '', 'C', '', 'x', now()),
      (gen_random_uuid(), 'dismissed', '2026-08-01', 's', '', 'C', '', 'x', now())`)
  await night()
  const counts = await ch.first<{ rejects: string; rates: string }>(
    sql`SELECT (SELECT count() FROM event_reject) AS rejects, (SELECT count() FROM ingest_rate) AS rates`,
  )
  expect([Number(counts?.rejects), Number(counts?.rates)]).toEqual([1, 1])
  expect(await pg.query(sql`SELECT s.state FROM reject_state AS s`)).toHaveLength(1)
})
