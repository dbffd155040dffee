import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  testNow,
} from '#features/ingest/server/ingest-testing.ts'
import { sql } from '#platform/common/sql.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

const track = (userId: string, nth: number, timestamp = '2026-03-01T00:00:00Z') => ({
  ...{ type: 'track', event: 'e', userId, messageId: `${userId}-${nth}`, timestamp },
})
const codes = (answer: { body: { rejected: { code: string }[] } }) =>
  answer.body.rejected.map((one) => one.code)

test('one customer who sends too much is refused alone, counted, kept, and sent again later', async () => {
  const changed = await t.app.inject({
    ...{ method: 'PUT', url: '/api/sources/core', payload: { limits: { customerEventsPerSecond: 1 } } },
  })
  expect(changed.json().limits.customerEventsPerSecond).toBe(1)
  // A bucket of 25 seconds.
  const hot = Array.from({ length: 30 }, (_, nth) => track('HOT', nth))
  const answer = await t.batch([...hot, track('QUIET', 1)])
  expect(answer.body.accepted).toBe(26)
  expect(codes(answer)).toEqual(Array.from({ length: 5 }, () => 'CUSTOMER_RATE_LIMITED'))
  const single = await t.post('/v1/track', track('HOT', 99))
  expect([single.status, single.body.code, single.headers['retry-after']]).toEqual([
    ...[429, 'CUSTOMER_RATE_LIMITED', '1'],
  ])
  expect(
    (await t.batch([{ ...track('HOT', 1), userId: undefined, anonymousId: 'HOT' }], publicKey)).body.accepted,
  ).toBe(1)
  expect((await t.app.inject({ url: '/api/ingest/status' })).json().rejectedByCode).toContainEqual({
    ...{ code: 'CUSTOMER_RATE_LIMITED', count: 6 },
  })
  await t.ingest.flush()
  const rejects = (await t.app.inject({ url: '/api/rejects?code=CUSTOMER_RATE_LIMITED' })).json().items
  expect(rejects).toHaveLength(6)
  // Sending again is not limited, or what waits would never get through.
  for (const { rejectId } of rejects) {
    const replay = await t.app.inject({ method: 'POST', url: `/api/rejects/${rejectId}/replay`, payload: {} })
    expect(replay.json()).toMatchObject({ outcome: 'accepted' })
  }
  await t.ingest.flush()
  const stored = await t.ch.first<{ n: string }>(sql`SELECT count() AS n FROM event AS e FINAL`)
  expect(Number(stored?.n)).toBe(26 + 6)
})

test('a known customer is limited the same, where whole batches are read without looking at each', async () => {
  t.setNow('2026-03-02T04:05:00Z')
  await t.batch([track('KNOWN', 1)])
  await t.ingest.flush()
  t.setNow('2026-03-02T04:06:00Z')
  const batch = Array.from({ length: 60 }, (_, nth) => track(nth % 2 ? 'KNOWN' : `CALM-${nth}`, 100 + nth))
  await t.batch(
    batch.filter((one) => one.userId !== 'KNOWN').map((one) => ({ ...one, messageId: `w-${one.messageId}` })),
  )
  await t.ingest.flush()
  const answer = await t.batch(batch)
  expect(answer.body.accepted).toBe(30 + 25)
  expect(new Set(codes(answer))).toEqual(new Set(['CUSTOMER_RATE_LIMITED']))
})

test('what is older than events are kept is refused as soon as the rule is on, and no longer when it is off', async () => {
  t.setNow('2026-03-02T04:10:00Z')
  const old = track('AGED', 1, '2024-02-01T00:00:00Z')
  const setRule = async (isOn: boolean) => {
    const payload = { months: 24, isOn, reason: 'as the bank decided' }
    const answer = await t.app.inject({ method: 'PUT', url: '/api/retention/event', payload })
    expect(answer.statusCode).toBe(200)
    await t.ingest.reloadKeys()
  }
  expect(codes(await t.batch([old]))).toEqual([])
  await setRule(true)
  const answer = await t.batch([{ ...old, messageId: 'o2' }, track('AGED', 3, '2024-03-03T00:00:00Z')])
  expect(codes(answer)).toEqual(['TIMESTAMP_TOO_OLD'])
  await setRule(false)
  expect(codes(await t.batch([{ ...old, messageId: 'o4' }]))).toEqual([])
  t.setNow(testNow)
})
