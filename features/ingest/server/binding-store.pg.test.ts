import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBindingStore, type Proven } from '#features/ingest/server/binding-store.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase, type TestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await database.pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from)
    SELECT u.org_id, '总行', 'head_office', NULL, ARRAY[u.org_id], '2000-01-01' FROM unit AS u`)
  await database.pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id) SELECT n, 'C' || n, 1 FROM generate_series(1, 9) AS n`)
})
afterAll(() => database.drop())

const clock = { now: () => new Date('2026-03-02T04:00:00Z') }
const proof = (visitor: bigint, customerId: number, atMs: number): Proven => ({
  ...{ visitor, kind: 'device' },
  moment: { customerId, atMs, proof: 'trusted_source' },
})
const open = (pg: Postgres = database.pg) => createBindingStore({ pg, clock })

/** The same database, counting statements. */
function counting() {
  const state = { statements: 0 }
  const pg: Postgres = {
    ...database.pg,
    query: (fragment) => {
      state.statements += 1
      return database.pg.query(fragment)
    },
    first: (fragment) => {
      state.statements += 1
      return database.pg.first(fragment)
    },
  }
  return { state, pg }
}

test('ten thousand cold visitors cost one look-up, the same ones again none', async () => {
  const { state, pg } = counting()
  const store = open(pg)
  await store.look()
  const visitors = new Set(Array.from({ length: 10_000 }, (_, nth) => BigInt(nth + 1)))
  state.statements = 0
  await store.intervalsOf(visitors)
  expect(state.statements).toBe(1)
  await store.intervalsOf(visitors)
  expect(state.statements).toBe(1)
})

test('proofs of what is known cost nothing; a look costs one statement', async () => {
  const { state, pg } = counting()
  const store = open(pg)
  expect(await store.bind([proof(20_001n, 1, 10)])).toBe(1)
  await store.intervalsOf(new Set([20_001n]))
  state.statements = 0
  expect(await store.bind([proof(20_001n, 1, 20), proof(20_001n, 1, 30)])).toBe(0)
  expect(state.statements).toBe(0)
  await store.look()
  expect(state.statements).toBe(1)
})

test('what one loader binds the other sees after a look', async () => {
  const [one, two] = [open(), open()]
  const visitor = 30_001n
  await two.intervalsOf(new Set([visitor]))
  await one.bind([proof(visitor, 1, 10)])
  expect((await two.intervalsOf(new Set([visitor]))).get(visitor)).toEqual([])
  expect((await two.look()).bindings).toContainEqual({ visitor, fromMs: 10 })
  expect((await two.intervalsOf(new Set([visitor]))).get(visitor)).toMatchObject([
    { customerId: 1, fromMs: 10 },
  ])
  expect((await two.look()).bindings).toEqual([])
})

test('two loaders that bind the same visitors at once leave one list without gaps or overlaps', async () => {
  let nth = 40_000n
  const moments = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 20 })), {
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(moments, moments, async (first, second) => {
      nth += 1n
      const visitor = nth
      const [one, two] = [open(), open()]
      const proofs = (list: readonly (readonly [number, number])[]) =>
        list.map(([customerId, atMs]) => proof(visitor, customerId, atMs))
      await Promise.all([one.bind(proofs(first)), two.bind(proofs(second))])
      await Promise.all([one.look(), two.look()])
      const lists = await Promise.all(
        [one, two, open()].map(async (store) => (await store.intervalsOf(new Set([visitor]))).get(visitor)),
      )
      expect(lists[0]).toEqual(lists[2])
      expect(lists[1]).toEqual(lists[2])
      for (const [index, interval] of (lists[2] ?? []).entries())
        expect(interval.toMs).toBe(lists[2]?.[index + 1]?.fromMs)
    }),
    { numRuns: 30 },
  )
})
