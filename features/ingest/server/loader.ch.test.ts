import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestIngest, type TestIngest } from '#features/ingest/server/ingest-testing.ts'
import { newSegmentHeader, sealFrame } from '#features/ingest/server/spool-segment.ts'
import { sql } from '#platform/common/sql.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

const track = (messageId: string) => ({
  type: 'track',
  event: 'e',
  userId: 'C1',
  messageId,
  timestamp: '2026-03-01T00:00:00Z',
})

test('a segment that cannot be read is set aside, never deleted, and the others go on', async () => {
  const frame = Buffer.concat([Buffer.alloc(9), Buffer.from('these are no records')])
  sealFrame(frame, 0, frame.length, false)
  await t.ingest.stop(0)
  writeFileSync(
    join(t.dataDir, 'spool', '0000000000000002.spool'),
    Buffer.concat([newSegmentHeader(), frame]),
  )
  writeFileSync(
    join(t.dataDir, 'spool', '0000000000000003.spool'),
    'something else altogether, longer than a header',
  )
  await t.restart()
  await t.batch([track('1')])
  expect(await t.events()).toHaveLength(1)
  expect(t.ingest.status()).toMatchObject({ brokenSegments: 2, spoolSegments: 0 })
  const broken = readdirSync(join(t.dataDir, 'spool', 'broken'))
  expect(broken).toEqual(expect.arrayContaining(['0000000000000002.spool', '0000000000000003.spool']))
  expect(t.logged.some((message) => message.includes('0000000000000002.spool'))).toBe(true)
})

test('an outage of the warehouse is waited out: all is acknowledged, kept and loaded after it', async () => {
  await t.clear()
  await t.ch.command(sql`RENAME TABLE event TO event_away`)
  expect((await t.batch([track('2'), track('3')])).status).toBe(200)
  await expect.poll(() => t.ingest.status().lastError, { timeout: 20_000 }).not.toBeNull()
  expect((await t.batch([track('4')])).status).toBe(200)
  await t.ch.command(sql`RENAME TABLE event_away TO event`)
  expect(await t.events()).toHaveLength(3)
  expect(t.ingest.status()).toMatchObject({ lastError: null, spoolSegments: 0 })
})

test('an outage of PostgreSQL is waited out as well', async () => {
  await t.clear()
  await t.pg.execute(sql`ALTER TABLE customer RENAME TO customer_away`)
  expect((await t.batch([{ ...track('5'), userId: 'NEVER-SEEN' }])).status).toBe(200)
  await expect.poll(() => t.ingest.status().lastError, { timeout: 20_000 }).not.toBeNull()
  await t.pg.execute(sql`ALTER TABLE customer_away RENAME TO customer`)
  expect(await t.events()).toMatchObject([{ customerNo: 'NEVER-SEEN' }])
})

test('a row that the warehouse refuses is set aside as a reject, and all others go on', async () => {
  await t.clear()
  await t.ch.command(sql`ALTER TABLE event ADD CONSTRAINT no_poison CHECK name != 'poison'`)
  const messages = Array.from({ length: 20 }, (_, nth) => ({
    ...track(`p${nth}`),
    event: nth % 9 === 4 ? 'poison' : 'fine',
  }))
  expect((await t.batch(messages)).body).toMatchObject({ accepted: 20 })
  // The same once customers are known, when whole rows are spooled.
  expect((await t.events()).map((event) => event.name)).toEqual(Array(18).fill('fine'))
  await t.batch(messages.map((message) => ({ ...message, messageId: `${message.messageId}-again` })))
  expect(await t.events()).toHaveLength(36)
  const rejects = await t.ch.query<{
    code: string
    event: string
    source: string
    original: string
    n: string
  }>(sql`
    SELECT r.code AS code, r.event AS event, r.source AS source, r.original AS original, count() AS n
    FROM event_reject AS r GROUP BY ALL`)
  expect(rejects).toEqual([
    { code: 'WAREHOUSE_REFUSED', event: 'poison', source: 'core', original: '', n: '4' },
  ])
  expect(t.ingest.status()).toMatchObject({ lastError: null, spoolSegments: 0 })
  await t.ch.command(sql`ALTER TABLE event DROP CONSTRAINT no_poison`)
})
