import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identifier, sql, typed } from '#platform/common/sql.ts'
import { evenSlots, fixedPlacement } from '../placement/placement.ts'
import type { ClickHouse } from './clickhouse.ts'
import { startTestCluster } from './clickhouse-cluster-testing.ts'
import { findTestServerObstacle, startTestClickHouseServer } from './clickhouse-server-testing.ts'
import { openEmptyTestClickHouse } from './clickhouse-testing.ts'
import { dumpClickHouseSchema } from './dump-clickhouse-schema.ts'
import { findInsertDurability } from './find-insert-durability.ts'
import { migrateClickHouse } from './migrate-clickhouse.ts'
import { createRowBinaryWriter } from './row-binary.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-ch-contract-'))
const obstacle = await findTestServerObstacle(join(dir, 'server'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const hostile = [
  `a\0b'c\\d\te\nf\r"😀\`{p0:String}'; DROP TABLE t; --`,
  `' OR 1=1 --`,
  '\\',
  "\\'",
  '\\N',
  'NULL',
  '知客',
  '',
]
const slowSql = sql`SELECT max(sipHash64(number)) AS top FROM numbers(${typed('UInt64', 50_000_000_000)})`
const isSlowRunning = async (ch: ClickHouse): Promise<boolean> => {
  const row = await ch.first<{ running: string }>(sql`
    SELECT count() AS running FROM system.processes AS p WHERE p.query LIKE ${typed('String', '%max(sipHash64%')}
      AND p.query NOT LIKE ${typed('String', '%system.processes%')}`)
  return row?.running !== '0'
}
const until = async (isDone: () => Promise<boolean>): Promise<void> => {
  while (!(await isDone())) await new Promise((again) => setTimeout(again, 5))
}

const dumps: Partial<Record<string, string>> = {}

const twoShards = fixedPlacement({
  version: 1,
  cluster: 'zhike_2',
  chunkBits: 4,
  slots: evenSlots(16, 2),
  chunks: new Map(),
  spread: 2,
  hidden: [],
})

describe.each<[kind: ClickHouse['kind'], obstacle: string | undefined]>([
  ['embedded', undefined],
  ['server', obstacle],
  ['cluster', obstacle],
])('%s', (kind, reason) => {
  describe.skipIf(reason)(reason ? `skipped: ${reason}` : 'contract', () => {
    let ch: ClickHouse
    let url: string | undefined
    let close: () => Promise<void>
    const placement = kind === 'cluster' ? twoShards : undefined
    const start = () => {
      if (kind === 'server') return startTestClickHouseServer({ dir: join(dir, 'server') })
      return kind === 'cluster' ? startTestCluster(join(dir, 'cluster'), 2) : undefined
    }
    beforeAll(async () => {
      const servers = await start()
      url = servers?.url
      const opened = await openEmptyTestClickHouse(url, placement)
      ch = opened.ch
      close = async () => {
        await opened.drop()
        await servers?.stop()
      }
    })
    afterAll(() => close?.())

    test('types come out exactly', async () => {
      expect(ch.kind).toBe(kind)
      expect(
        await ch.query(sql`
          SELECT toUInt64(18446744073709551615) AS big, toInt64(-9007199254740993) AS negative, toUInt32(7) AS small,
            toDecimal64('12345678901234.50', 2) AS money, toDateTime64('2024-01-02 03:04:05.678', 3) AS at,
            toDate('2024-01-02') AS day, nan AS nothing, CAST(NULL AS Nullable(String)) AS missing,
            map('a', 'b') AS pairs, [1, 2] AS list, timezone() = 'UTC' OR timezone() = 'Etc/UTC' AS utc,
            getSetting('async_insert') = 0 AS waits`),
      ).toEqual([
        {
          big: '18446744073709551615',
          negative: '-9007199254740993',
          small: 7,
          money: '12345678901234.50',
          at: '2024-01-02 03:04:05.678',
          day: '2024-01-02',
          nothing: 'nan',
          missing: null,
          pairs: { a: 'b' },
          list: [1, 2],
          utc: 1,
          waits: 1,
        },
      ])
    })

    const at = new Date(1_704_164_645_678)
    test.each<[type: string, value: unknown, expected: unknown]>([
      ...hostile.map((text): [string, unknown, unknown] => ['String', text, text]),
      ['Nullable(String)', null, null],
      ['Array(String)', hostile, hostile],
      [
        'Map(String, String)',
        new Map(hostile.map((text) => [text, text])),
        Object.fromEntries(hostile.map((t) => [t, t])),
      ],
      ['Map(String, String)', { a: "it's" }, { a: "it's" }],
      ['UInt64', 18_446_744_073_709_551_615n, '18446744073709551615'],
      ['Float64', 0.1, 0.1],
      ['Decimal(18, 2)', '-12.50', '-12.50'],
      ['DateTime64(3)', at, '2024-01-02 03:04:05.678'],
      ['DateTime', at, '2024-01-02 03:04:05'],
      ['Date', at, '2024-01-02'],
      ['Array(DateTime64(3))', [at], ['2024-01-02 03:04:05.678']],
      ['Array(UInt32)', new Uint32Array([1, 4_294_967_295]), [1, 4_294_967_295]],
      ['Array(UInt32)', [], []],
      ['Array(UInt64)', [1n], ['1']],
      ['Bool', true, true],
    ])('a parameter %s round-trips (case %#)', async (type, value, expected) => {
      expect(await ch.first(sql`SELECT ${typed(type, value)} AS value`)).toEqual({ value: expected })
    })

    test('any text round-trips, alone and in a list', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }), async (texts) => {
          const whole = texts.join('')
          const row = await ch.first(
            sql`SELECT ${typed('String', whole)} AS one, ${typed('Array(String)', texts)} AS list`,
          )
          expect(row).toEqual({ one: whole, list: texts })
        }),
        { numRuns: 50 },
      )
    })

    test('100,000 ids as one parameter, in a query and in a command', async () => {
      const ids = Uint32Array.from({ length: 100_000 }, (_, index) => index * 2)
      const found = sql`SELECT count() AS found FROM numbers(200000) WHERE number IN ${typed('Array(UInt32)', ids)}`
      expect(await ch.query(found)).toEqual([{ found: '100000' }])
      await ch.command(sql`CREATE TABLE counted (found UInt64) ENGINE = MergeTree ORDER BY found`)
      await ch.command(sql`INSERT INTO counted ${found}`)
      expect(await ch.query(sql`SELECT c.found FROM counted AS c`)).toEqual([{ found: '100000' }])
    })

    test('parameters of queries that run at once do not mix', async () => {
      const values = Array.from({ length: 300 }, (_, index) => `v${index}`)
      const rows = await Promise.all(
        values.map((value, index) =>
          ch.first<{ value: string }>(sql`SELECT ${typed('String', value)} AS value`, {
            lane: index % 2 === 0 ? 'jobs' : 'interactive',
          }),
        ),
      )
      expect(rows.map((row) => row?.value)).toEqual(values)
    })

    test('a setting of one query is not the next one’s', async () => {
      const read = sql`SELECT getSetting('max_threads') AS threads, getSetting('async_insert') AS waits`
      const [before] = await ch.query(read, { lane: 'load' })
      expect(await ch.query(read, { lane: 'load', settings: { max_threads: 7, async_insert: 1 } })).toEqual([
        { threads: 7, waits: true },
      ])
      expect(await ch.query(read, { lane: 'load' })).toEqual([before])
    })

    test('insertRows takes bigints, dates and hostile text', async () => {
      await ch.command(sql`
        CREATE TABLE written (id UInt64, at DateTime64(3, 'UTC'), text String, pairs Map(String, String))
        ENGINE = MergeTree ORDER BY id`)
      await ch.insertRows(
        'written',
        hostile.map((text, index) => ({ id: BigInt(index), at, text, pairs: { [text]: text } })),
      )
      await ch.insertRows('written', [])
      expect(await ch.query(sql`SELECT w.* FROM written AS w ORDER BY w.id`)).toEqual(
        hostile.map((text, index) => ({
          id: String(index),
          at: '2024-01-02 03:04:05.678',
          text,
          pairs: { [text]: text },
        })),
      )
    })

    const row = fc.record({
      small: fc.integer({ min: 0, max: 255 }),
      big: fc.bigInt({ min: 0n, max: 18_446_744_073_709_551_615n }),
      signed: fc.bigInt({ min: -9_223_372_036_854_775_808n, max: 9_223_372_036_854_775_807n }),
      real: fc.double({ noNaN: true, noDefaultInfinity: true }),
      text: fc.string({ unit: 'binary', maxLength: 300 }),
      millis: fc.integer({ min: -2_208_988_800_000, max: 9_000_000_000_000 }),
      money: fc.bigInt({ min: -999_999_999_999_999_999n, max: 999_999_999_999_999_999n }),
      pairs: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 60 })),
      ids: fc.array(fc.integer({ min: 0, max: 4_294_967_295 })),
      texts: fc.array(fc.string({ unit: 'binary' })),
      maybe: fc.option(fc.string({ unit: 'binary' })),
    })
    const scaled = (value: bigint): string => {
      const digits = (value < 0n ? -value : value).toString().padStart(3, '0')
      return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
    }

    test('what the RowBinary writer writes is read back equal', async () => {
      await ch.command(sql`
        CREATE TABLE packed (n UInt32, small UInt8, small2 UInt16, big UInt64, halves UInt64, signed Int64, real Float64,
          text String, raw String, at DateTime64(3, 'UTC'), money Decimal(18, 2), pairs Map(String, String),
          ids Array(UInt32), texts Array(String), maybe Nullable(String)) ENGINE = Memory`)
      const columns = await ch.query<{ name: string; type: string }>(sql`
        SELECT c.name AS name, c.type AS type FROM system.columns AS c
        WHERE c.database = ${typed('String', ch.database)} AND c.table = 'packed' ORDER BY c.position`)
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(1), async (rows, one) => {
          const w = createRowBinaryWriter(1)
          rows.forEach((item, index) => {
            w.uint32(index)
            w.uint8(item.small)
            w.uint16(item.small * 257)
            w.uint64(item.big)
            w.uint64({ hi: Number(item.big >> 32n), lo: Number(item.big & 0xffffffffn) })
            w.int64(item.signed)
            w.float64(item.real)
            w.string(item.text)
            w.bytes(Buffer.from(item.text))
            w.dateTime64Millis(item.millis)
            w.decimal64(item.money)
            w.mapStringString(one ? Object.entries(item.pairs) : item.pairs)
            w.arrayUint32(item.ids)
            w.arrayString(item.texts)
            w.nullable(item.maybe, w.string)
          })
          const body = w.take()
          expect(w.length).toBe(0)
          await ch.command(sql`TRUNCATE TABLE packed`)
          await ch.insertBinary('packed', columns, one ? body : [body.subarray(0, 9), body.subarray(9)])
          const stored = await ch.query(sql`
            SELECT p.* EXCEPT (at), toUnixTimestamp64Milli(p.at) AS millis FROM packed AS p ORDER BY p.n`)
          expect(stored).toEqual(
            rows.map((item, n) => ({
              n,
              small: item.small,
              small2: item.small * 257,
              big: String(item.big),
              halves: String(item.big),
              signed: String(item.signed),
              real: item.real === 0 ? expect.closeTo(0) : item.real,
              text: item.text,
              raw: item.text,
              millis: String(item.millis),
              money: scaled(item.money),
              pairs: { ...item.pairs },
              ids: item.ids,
              texts: item.texts,
              maybe: item.maybe,
            })),
          )
        }),
        { numRuns: 25 },
      )
    })

    test('a binary file replayed with its token counts once', async () => {
      await ch.command(sql`
        CREATE TABLE replayed (id UInt64) ENGINE = MergeTree ORDER BY id
        SETTINGS non_replicated_deduplication_window = 100`)
      // More rows than one block of an insert, so that several deduplication ids must match.
      const rows = 2_500_000
      const numbers = new BigUint64Array(rows).map((_, index) => BigInt(index))
      const file = join(dir, `${randomUUID()}.bin`)
      writeFileSync(file, Buffer.from(numbers.buffer))
      const load = (token: string) =>
        ch.insertBinary('replayed', [{ name: 'id', type: 'UInt64' }], { file }, { token })
      const count = () => ch.first(sql`SELECT count() AS rows, uniqExact(r.id) AS ids FROM replayed AS r`)
      await load('one')
      await load('one')
      expect(await count()).toEqual({ rows: String(rows), ids: String(rows) })
      await load('two')
      expect(await count()).toEqual({ rows: String(rows * 2), ids: String(rows) })
    })

    test('a million rows stream in batches of bounded size', async () => {
      let [rows, largest, sum] = [0, 0, 0]
      const all = sql`SELECT number AS id FROM numbers(${typed('UInt64', 1_000_000)})`
      for await (const batch of ch.stream<{ id: string }>(all, { lane: 'jobs' })) {
        rows += batch.length
        largest = Math.max(largest, batch.length)
        for (const item of batch) sum += Number(item.id)
      }
      expect({ rows, sum }).toEqual({ rows: 1_000_000, sum: 499_999_500_000 })
      expect(largest).toBeLessThanOrEqual(70_000)
    })

    test('a stream that is left early gives its connection back, a broken one throws', async () => {
      for (let round = 0; round < 4; round += 1)
        for await (const batch of ch.stream(sql`SELECT number AS id FROM numbers(100000000)`, {
          lane: 'load',
        })) {
          expect(batch.length).toBeGreaterThan(0)
          break
        }
      expect(await ch.query(sql`SELECT 1 AS one`, { lane: 'load' })).toEqual([{ one: 1 }])
      const broken = async () => {
        const bad = sql`SELECT throwIf(number = 900000) AS id FROM numbers(1000000)`
        for await (const _batch of ch.stream(bad));
      }
      await expect(broken()).rejects.toMatchObject({
        code: 'CLICKHOUSE_FAILED',
        details: { clickhouseCode: 395 },
      })
    })

    test('long jobs do not hold up a screen; abort ends them in the engine; the event loop stays free', async () => {
      const stop = new AbortController()
      const jobs = [1, 2, 3].map(() => ch.query(slowSql, { lane: 'jobs', signal: stop.signal }))
      const settled = Promise.allSettled(jobs)
      await until(() => isSlowRunning(ch))
      let [largestGap, last] = [0, performance.now()]
      const beat = setInterval(() => {
        largestGap = Math.max(largestGap, performance.now() - last)
        last = performance.now()
      }, 1)
      const started = performance.now()
      for (let index = 0; index < 20; index += 1) await ch.query(sql`SELECT ${typed('UInt8', index)} AS n`)
      expect(performance.now() - started).toBeLessThan(5_000)
      clearInterval(beat)
      expect(largestGap).toBeLessThan(500)
      stop.abort()
      expect((await settled).map((result) => (result as PromiseRejectedResult).reason.code)).toEqual([
        'CLICKHOUSE_ABORTED',
        'CLICKHOUSE_ABORTED',
        'CLICKHOUSE_ABORTED',
      ])
      await until(async () => !(await isSlowRunning(ch)))
      expect(await ch.query(sql`SELECT 1 AS one`, { lane: 'jobs' })).toEqual([{ one: 1 }])
    })

    test('a query past its time ends with CLICKHOUSE_TIMEOUT', async () => {
      await expect(ch.query(slowSql, { maxExecutionMs: 200 })).rejects.toMatchObject({
        code: 'CLICKHOUSE_TIMEOUT',
        errorKind: 'unavailable',
        details: { lane: 'interactive', maxExecutionMs: 200 },
      })
    })

    test('an error tells the code and our names, never a value', async () => {
      const secret = '13800138000'
      const bad = ch.query(sql`SELECT toUInt8(${typed('String', secret)}) + nope AS value`)
      await expect(bad).rejects.toMatchObject({
        details: { clickhouseCode: 47 },
        message: expect.stringContaining('nope'),
      })
      const unparsed = ch.query(
        sql`SELECT toUInt8(concat(${typed('String', secret)}, materialize('x'))) AS value`,
      )
      for (const failing of [bad, unparsed]) {
        const error = await failing.catch((thrown: unknown) => thrown as Error & { details: unknown })
        expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(secret)
      }
    })

    test('migrations apply once, in order, and refuse what they must', async () => {
      const opened = await openEmptyTestClickHouse(url, placement)
      const files = mkdtempSync(join(dir, 'migrations-'))
      const write = (name: string, text: string) => writeFileSync(join(files, name), text)
      write(
        '000001-first.sql',
        `-- a comment; with a semicolon
CREATE TABLE IF NOT EXISTS one (id UInt32, text String DEFAULT 'a;b -- c') ENGINE = MergeTree ORDER BY id
  SETTINGS non_replicated_deduplication_window = 5, fsync_after_insert = 1, fsync_part_directory = 1; /* done; */
CREATE TABLE IF NOT EXISTS loose (id UInt32) ENGINE = MergeTree ORDER BY id SETTINGS fsync_after_insert = 0;`,
      )
      write(
        '000002-second.sql',
        '-- breaking\nCREATE VIEW IF NOT EXISTS seen AS SELECT o.id AS id FROM one AS o WHERE o.id > 5;\n',
      )
      expect(await migrateClickHouse(opened.ch, files)).toEqual(['first', 'second'])
      expect(await migrateClickHouse(opened.ch, files)).toEqual([])
      expect(await findInsertDurability(opened.ch, 'one')).toEqual({ isDurable: true, missing: [] })
      expect((await findInsertDurability(opened.ch, 'loose')).missing).toContain('fsync_after_insert')
      dumps[kind] = await dumpClickHouseSchema(opened.ch)
      expect(dumps[kind]).toContain("DEFAULT 'a;b -- c'")
      expect(dumps[kind]).not.toContain(opened.ch.database)
      write('000003-third.sql', 'SELECT 1; SELECT nope;')
      await expect(migrateClickHouse(opened.ch, files)).rejects.toMatchObject({
        code: 'CLICKHOUSE_MIGRATION_FAILED',
        details: { number: 3, statement: 2 },
      })
      rmSync(join(files, '000003-third.sql'))
      write('000001-first.sql', 'SELECT 2')
      await expect(migrateClickHouse(opened.ch, files)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' })
      rmSync(join(files, '000002-second.sql'))
      await expect(migrateClickHouse(opened.ch, files)).rejects.toMatchObject({
        code: 'SCHEMA_NEWER',
        details: { newest: 2, known: 1, breaking: [2] },
      })
      await opened.drop()
    })

    test('a guarded statement runs until its guard says it is done, also when the file runs again', async () => {
      const opened = await openEmptyTestClickHouse(url, placement)
      const files = mkdtempSync(join(dir, 'guards-'))
      const text = (
        last: string,
      ) => `CREATE TABLE IF NOT EXISTS t (old UInt8) ENGINE = MergeTree ORDER BY old;
CREATE TABLE IF NOT EXISTS t_next (id UInt8, new UInt8 DEFAULT 7) ENGINE = MergeTree ORDER BY id;
-- unless: SELECT count() > 0 FROM system.columns WHERE database = currentDatabase() AND table = 't' AND name = 'new';
EXCHANGE TABLES t AND t_next;
-- unless: SELECT 1 AS done FROM t AS t WHERE t.id = 3
INSERT INTO t (id) VALUES (3);
${last}`
      writeFileSync(join(files, '000001-swap.sql'), text('SELECT nope;'))
      for (const _again of [1, 2])
        await expect(migrateClickHouse(opened.ch, files)).rejects.toMatchObject({ details: { statement: 5 } })
      writeFileSync(join(files, '000001-swap.sql'), text(''))
      expect(await migrateClickHouse(opened.ch, files)).toEqual(['swap'])
      expect(await opened.ch.query(sql`SELECT t.id, t.new FROM t AS t LIMIT 1`)).toEqual([{ id: 3, new: 7 }])
      await opened.drop()
    })

    test('a name that needs quoting is refused', async () => {
      await expect(ch.insertRows('t; DROP TABLE x', [{ a: 1 }])).rejects.toThrow('Not a ClickHouse name')
      const columns = [{ name: 'a) SELECT 1 --', type: 'UInt8' }]
      await expect(ch.insertBinary('t', columns, Buffer.of(1))).rejects.toThrow('Not a ClickHouse name')
      expect(() => identifier('a b')).toThrow()
    })
  })
})

test.skipIf(obstacle)('all of them dump the same schema', () => {
  expect(dumps.server).toBe(dumps.embedded)
  expect(dumps.cluster).toBe(dumps.embedded)
})
