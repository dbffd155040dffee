import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { connectPostgres } from './postgres.ts'
import { createDatabaseOn, type TestDatabase, testPostgresUrl } from './postgres-testing.ts'
import { startServer15, whyNoServer15 } from './server-postgres-testing.ts'

type Server = { name: string; missing?: string; start(): Promise<{ url: string; end(): Promise<void> }> }

const missing15 = whyNoServer15()
const servers: Server[] = [
  { name: 'embedded', start: async () => ({ url: await testPostgresUrl(), end: async () => {} }) },
  {
    name: `server 15${missing15 ? ` (skipped: ${missing15})` : ''}`,
    missing: missing15,
    start: startServer15,
  },
]

describe.each(servers)('PostgreSQL, $name', ({ missing, start }) => {
  const suite = missing ? describe.skip : describe
  suite('contract', () => {
    let server: { url: string; end(): Promise<void> }
    let database: TestDatabase

    beforeAll(async () => {
      server = await start()
      database = await createDatabaseOn(server.url, 'template0')
      await database.pg.execute(sql`CREATE TABLE item (id int PRIMARY KEY, name text)`)
      await database.pg.execute(sql`
        CREATE TABLE copied (id int, words text, number float8, bytes bytea, at timestamptz, tags text[], doc jsonb)`)
    })
    afterAll(async () => {
      await database?.drop()
      await server?.end()
    })

    test('characters are characters, not bytes', async () => {
      expect(await database.pg.first(sql`SELECT length(${'知客'}) AS length, upper('é') AS upper`)).toEqual({
        length: 2,
        upper: 'É',
      })
    })

    test('types come back as promised', async () => {
      const row = await database.pg.first(sql`
        SELECT 9007199254740991::bigint AS count, 0.10::numeric AS amount, '2024-02-29'::date AS day,
          '2024-02-29 08:00:00+08'::timestamptz AS at, '{"a":[1,null]}'::jsonb AS doc,
          ARRAY[1, NULL, 2]::bigint[] AS counts, ARRAY[0.10]::numeric[] AS amounts, NULL::bigint AS nothing,
          ARRAY['2024-02-29']::date[] AS days, current_setting('TimeZone') AS zone`)
      expect(row).toEqual({
        count: Number.MAX_SAFE_INTEGER,
        amount: '0.10',
        day: '2024-02-29',
        at: new Date('2024-02-29T00:00:00Z'),
        doc: { a: [1, null] },
        counts: [1, null, 2],
        amounts: ['0.10'],
        nothing: null,
        days: ['2024-02-29'],
        zone: 'UTC',
      })
    })

    test('a bigint that a number cannot hold is an error, and the connection lives on', async () => {
      await expect(database.pg.query(sql`SELECT 9007199254740993::bigint AS n`)).rejects.toThrow(
        /does not fit/,
      )
      expect(await database.pg.first(sql`SELECT 1 AS one`)).toEqual({ one: 1 })
    })

    test('execute counts rows and first may find none', async () => {
      expect(await database.pg.execute(sql`INSERT INTO item VALUES (1, 'a'), (2, 'b')`)).toBe(2)
      expect(await database.pg.first(sql`SELECT i.id FROM item AS i WHERE i.id = ${3}`)).toBeUndefined()
      expect(await database.pg.execute(sql`DELETE FROM item`)).toBe(2)
    })

    test('a transaction commits its result and rolls back on an error', async () => {
      const { pg } = database
      expect(await pg.transaction(async (tx) => tx.execute(sql`INSERT INTO item VALUES (1, 'kept')`))).toBe(1)
      const failing = pg.transaction(async (tx) => {
        await tx.execute(sql`INSERT INTO item VALUES (2, 'lost')`)
        throw new Error('changed my mind')
      })
      await expect(failing).rejects.toThrow('changed my mind')
      expect(await pg.query(sql`SELECT i.name FROM item AS i`)).toEqual([{ name: 'kept' }])
      await pg.execute(sql`DELETE FROM item`)
    })

    test('a swallowed failure does not pass for a commit', async () => {
      const swallowing = database.pg.transaction(async (tx) => {
        await tx.execute(sql`SELECT 1 / 0`).catch(() => {})
      })
      await expect(swallowing).rejects.toMatchObject({ code: 'POSTGRES_ROLLED_BACK' })
    })

    test('transactions do not nest, and none is used after its end', async () => {
      const { pg } = database
      const nested = pg.transaction(() => pg.transaction(async () => 1))
      await expect(nested).rejects.toMatchObject({ code: 'POSTGRES_NESTED_TRANSACTION' })
      const leaked = await pg.transaction(async (tx) => ({ tx }))
      await expect(leaked.tx.query(sql`SELECT 1`)).rejects.toMatchObject({
        code: 'POSTGRES_TRANSACTION_OVER',
      })
    })

    test('statements sent side by side in a transaction wait for each other', async () => {
      const numbers = await database.pg.transaction((tx) =>
        Promise.all([1, 2, 3].map(async (n) => tx.first<{ n: number }>(sql`SELECT ${n}::int AS n`))),
      )
      expect(numbers).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    })

    test('a connection killed while idle or busy does not end the process', async () => {
      const pg = await connectPostgres(database.url, { max: 2, applicationName: 'victim' })
      const killAll = sql`
        SELECT count(pg_terminate_backend(a.pid)) AS killed FROM pg_stat_activity AS a
        WHERE a.application_name = 'victim'`
      const busy = expect(pg.query(sql`SELECT pg_sleep(60)`)).rejects.toThrow()
      await expect
        .poll(() =>
          database.pg.first(sql`
        SELECT count(*) AS n FROM pg_stat_activity AS a
        WHERE a.application_name = 'victim' AND a.state = 'active'`),
        )
        .toEqual({ n: 1 })
      await database.pg.query(killAll)
      await busy
      const inTransaction = pg.transaction(async (tx) => {
        await database.pg.query(killAll)
        await expect(tx.copyIn('item', ['id'], [[1]])).rejects.toThrow()
        await expect(tx.copyIn('item', ['id'], [[1]])).rejects.toThrow()
        await tx.query(sql`SELECT 1`)
      })
      await expect(inTransaction).rejects.toThrow()
      await expect.poll(() => pg.first(sql`SELECT 1 AS one`)).toEqual({ one: 1 })
      await pg.close()
    })

    test('copyIn brings back whatever it was given', async () => {
      // PostgreSQL holds neither NUL nor half a surrogate pair in its text.
      const words = fc
        .string({ unit: 'binary' })
        .map((text) => Buffer.from(text.replaceAll('\0', '')).toString())
      const special = fc.constantFrom(...'\\\t\n\r\b\v\f"\'{},.N ')
      const escapes = fc.string({ unit: special, maxLength: 12 })
      const text = fc.option(fc.oneof(words, escapes))
      const row = fc.tuple(
        text,
        // Minus zero becomes zero, as it does in a parameter.
        fc.option(fc.double().map((number) => number + 0)),
        fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
        fc.option(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })),
        fc.option(fc.array(text)),
        fc.option(fc.dictionary(words, text)),
      )
      const { pg } = database
      await fc.assert(
        fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
          await pg.execute(sql`TRUNCATE copied`)
          const columns = ['id', 'words', 'number', 'bytes', 'at', 'tags', 'doc']
          const numbered = rows.map((values, id) => [id, ...values])
          expect(await pg.copyIn('copied', columns, numbered)).toBe(rows.length)
          const found = await pg.query<Record<string, unknown>>(
            sql`SELECT c.* FROM copied AS c ORDER BY c.id`,
          )
          expect(found.map((each) => columns.map((column) => each[column]))).toEqual(
            numbered.map((values) =>
              values.map((value, i) => (i === 6 && value ? { ...(value as object) } : value)),
            ),
          )
        }),
        { numRuns: 60 },
      )
    })

    test('copyIn takes no more rows than the server keeps up with', async () => {
      let made = 0
      async function* rows() {
        for (; made < 200_000; made += 1) yield [made, 'x'.repeat(100)]
      }
      const { pg } = database
      let madeWhileBlocked = 0
      await pg
        .transaction(async (tx) => {
          await tx.execute(sql`LOCK TABLE item IN ACCESS EXCLUSIVE MODE`)
          const copying = pg.copyIn('item', ['id', 'name'], rows())
          await expect
            .poll(() =>
              pg.first(sql`
          SELECT count(*) AS n FROM pg_stat_activity AS a
          WHERE a.query LIKE 'COPY item%' AND a.wait_event_type = 'Lock'`),
            )
            .toEqual({ n: 1 })
          madeWhileBlocked = made
          await tx.execute(sql`SELECT 1`)
          void copying.catch(() => {})
          return { copying }
        })
        .then(({ copying }) => expect(copying).resolves.toBe(200_000))
      expect(madeWhileBlocked).toBeLessThan(20_000)
      await pg.execute(sql`TRUNCATE item`)
    })

    test('a failing copyIn leaves nothing and the connection usable', async () => {
      const pg = await connectPostgres(database.url, { max: 1 })
      await expect(
        pg.copyIn(
          'item',
          ['id', 'name'],
          [
            [1, 'a'],
            [1, 'b'],
          ],
        ),
      ).rejects.toThrow(/duplicate key/)
      async function* breaking() {
        yield [2, 'a']
        throw new Error('source broke')
      }
      await expect(pg.copyIn('item', ['id', 'name'], breaking())).rejects.toThrow('source broke')
      await expect(pg.copyIn('item', ['id', 'name'], [[3]])).rejects.toThrow(/1 values for 2 columns/)
      await expect(pg.copyIn('nothing', ['id'], [[3]])).rejects.toThrow(/does not exist/)
      await expect(pg.copyIn('item; DROP TABLE item', ['id'], [])).rejects.toThrow(/identifier/)
      const inTransaction = pg.transaction(async (tx) => {
        await tx.copyIn('item', ['id', 'name'], [[4, 'a']])
        await tx.copyIn('item', ['id', 'name'], [[4, 'b']])
      })
      await expect(inTransaction).rejects.toThrow(/duplicate key/)
      expect(await pg.first(sql`SELECT count(*) AS n FROM item`)).toEqual({ n: 0 })
      expect(await pg.copyIn('public.item', ['id', 'name'], [])).toBe(0)
      await pg.close()
    })
  })
})
