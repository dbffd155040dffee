import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonicalJson } from '#features/audit/server/audit-chain.ts'
import { type Audit, createAudit } from '#features/audit/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let pg: Postgres
let drop: () => Promise<void>
let audit: Audit
let now = new Date('2026-11-01T00:00:00Z')

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  audit = createAudit({ pg, clock: { now: () => now } })
})
afterAll(() => drop())

const record = (objectId: string, after: unknown = { a: 1 }) =>
  pg.transaction((tx) =>
    audit.record(tx, { actor: 'hq', action: 'thing.create', objectType: 'thing', objectId, after }),
  )

test('an untouched chain verifies, whatever was recorded', async () => {
  await record('一', {
    name: '知客',
    deep: { b: [1, 2.5, 1e21, null, true], 'quote"d': "x'; DROP TABLE audit;--" },
  })
  await record('two', { zero: '\u0000', lone: '\ud800' })
  now = new Date('2026-11-01T00:00:00.001Z')
  await Promise.all(Array.from({ length: 20 }, (_, nth) => record(`parallel-${nth}`)))
  expect(await audit.verify()).toEqual({ ok: true, checked: 22, brokenSeq: null, reason: null })
})

test('secret values never reach the record', async () => {
  await record('secret', { password: 'demo', nested: { apiToken: 'zk_1' }, name: 'kept' })
  const { items } = await audit.list({ limit: 1 })
  expect(items[0]?.after).toEqual({ password: '[removed]', nested: { apiToken: '[removed]' }, name: 'kept' })
})

test('rows cannot be changed or removed, and one changed behind the trigger is found', async () => {
  await expect(pg.execute(sql`UPDATE audit SET actor = 'x' WHERE seq = 3`)).rejects.toThrow(/append-only/)
  await expect(pg.execute(sql`DELETE FROM audit WHERE seq = 3`)).rejects.toThrow(/append-only/)
  await pg.execute(sql`ALTER TABLE audit DISABLE TRIGGER audit_append_only`)
  await pg.execute(sql`UPDATE audit SET actor = 'x' WHERE seq = 3`)
  expect(await audit.verify()).toMatchObject({ ok: false, brokenSeq: 3, reason: 'the row was changed' })
  await pg.execute(sql`UPDATE audit SET actor = 'hq' WHERE seq = 3`)
  expect(await audit.verify()).toMatchObject({ ok: true })
})

test('a missing tail is found', async () => {
  await pg.execute(sql`DELETE FROM audit WHERE seq = 23`)
  expect(await audit.verify()).toMatchObject({
    ok: false,
    brokenSeq: 23,
    reason: 'rows at the end are missing',
  })
})

test('lists newest first, page by page, filtered', async () => {
  const first = await audit.list({ limit: 5 })
  expect(first.items.map((item) => item.seq)).toEqual([22, 21, 20, 19, 18])
  const second = await audit.list({ limit: 5, cursor: first.nextCursor ?? undefined })
  expect(second.items[0]?.seq).toBe(17)
  expect((await audit.list({ limit: 5, objectId: 'two' })).items).toHaveLength(1)
})

test('canonical JSON does not depend on key order', () => {
  expect(canonicalJson({ b: 1, a: [{ d: undefined, c: 'x' }] })).toBe('{"a":[{"c":"x"}],"b":1}')
})
