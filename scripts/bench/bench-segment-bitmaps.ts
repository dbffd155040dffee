import type { Rule } from '#features/rules/common/rule.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { type BenchOptions, type Measure, percentile, rounded, timed } from './measure.ts'

const jobs = { lane: 'jobs' } as const
const refreshId = 1_000_000

/** Everyone there is, as a settling would leave it: the rows themselves are not what is measured. */
async function seedUniverse(ch: ClickHouse, customers: number): Promise<void> {
  await ch.command(
    sql`
      INSERT INTO customer_bitmap (kind, id, chunk, generation, members)
      SELECT 'all', 0, intDiv(n.number + 1, 1048576) AS chunk, 1, groupBitmapState(toUInt32(n.number + 1))
      FROM numbers(${typed('UInt64', customers)}) AS n GROUP BY chunk`,
    jobs,
  )
  await ch.command(
    sql`INSERT INTO customer_base (chunk, generation) SELECT DISTINCT m.chunk, 1 FROM customer_bitmap AS m`,
    jobs,
  )
}

async function defineTags({ app }: BenchApp, count: number, hasRecent: boolean): Promise<void> {
  await app.parts.pg.execute(sql`
    INSERT INTO tag (key, name, type, source, owner_org_id, created_by, refresh_id, has_bitmaps, has_recent, state, created_at, updated_at)
    SELECT 't' || n, jsonb_build_object('zh', 't' || n, 'en', 't' || n), 'enum', '{"attribute":"job"}', 1, 'bench', ${refreshId}::bigint,
      true, ${hasRecent}, 'active', now(), now() FROM generate_series(0, ${count - 1}::int) AS n
    ON CONFLICT (key) DO UPDATE SET has_recent = excluded.has_recent`)
}

/** Ten tags of three values drawn by a hash; further ones hold the same bitmaps under other names. */
async function seedSmallTags(ch: ClickHouse, customers: number, count: number): Promise<void> {
  for (let tag = 0; tag < 10; tag += 1) {
    await ch.command(
      sql`
        INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
        SELECT ${typed('String', `t${tag}`)}, ${typed('UInt64', refreshId)},
          ['a', 'b', 'c'][1 + sipHash64(n.number, ${typed('UInt64', tag)}) % 3] AS value, intDiv(n.number + 1, 1048576) AS chunk,
          groupBitmapState(toUInt32(n.number + 1))
        FROM numbers(${typed('UInt64', customers)}) AS n GROUP BY value, chunk`,
      jobs,
    )
  }
  await ch.command(
    sql`
      INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
      SELECT concat('t', toString(n.number)), v.refresh_id, v.value, v.chunk, v.members
      FROM tag_bitmap AS v, numbers(10, ${typed('UInt64', count - 10)}) AS n
      WHERE v.tag = concat('t', toString(n.number % 10))`,
    jobs,
  )
}

async function seedRecent(ch: ClickHouse, customers: number): Promise<void> {
  await ch.command(
    sql`
      INSERT INTO tag_recent (tag, refresh_id, customer_id, value, number, at, ver)
      SELECT concat('t', toString(intDiv(n.number, 100000))), ${typed('UInt64', refreshId)},
        1 + sipHash64(n.number, 9) % ${typed('UInt64', customers)}, ['a', 'b', 'c', NULL][1 + sipHash64(n.number, 8) % 4], NULL, now64(3), 1
      FROM numbers(500000) AS n`,
    jobs,
  )
}

const fiveLeaves: Rule = {
  all: [
    {
      any: [
        { tag: 't0', is: 'eq', value: 'a' },
        { tag: 't1', is: 'in', value: ['a', 'b'] },
      ],
    },
    { not: { tag: 't2', is: 'eq', value: 'c' } },
    { tag: 't3', is: 'in', value: ['b', 'c'] },
    { tag: 't4', is: 'ne', value: 'a' },
  ],
}

const of = (tag: number, ...values: string[]): Sql => sql`
  SELECT v.chunk AS chunk, groupBitmapMergeState(v.members) AS m FROM tag_bitmap AS v
  WHERE v.tag = ${typed('String', `t${tag}`)} AND v.refresh_id = ${typed('UInt64', refreshId)}
    AND v.value IN ${typed('Array(String)', values)} GROUP BY v.chunk`

/** The same five leaves as an analyst would join them who knows that every chunk has every value. */
const fiveByHand = sql`
  SELECT sum(bitmapAndCardinality(bitmapAndnot(bitmapOr(a.m, b.m), c.m), bitmapAnd(d.m, e.m))) AS n
  FROM (${of(0, 'a')}) AS a JOIN (${of(1, 'a', 'b')}) AS b ON b.chunk = a.chunk JOIN (${of(2, 'c')}) AS c ON c.chunk = a.chunk
  JOIN (${of(3, 'b', 'c')}) AS d ON d.chunk = a.chunk JOIN (${of(4, 'b', 'c')}) AS e ON e.chunk = a.chunk`

async function repeat(work: () => Promise<unknown>, seconds: number, fewest: number): Promise<number[]> {
  await work()
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until || times.length < fewest) times.push(await timed(work))
  return times
}

/** segment.10m_p95_ms: five leaves over ten million customers with 200 tags, with and without recent changes. */
export async function benchTenMillion({ seconds }: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  const customers = 10_000_000
  try {
    const { ch, rules } = bench.app.parts
    await seedUniverse(ch, customers)
    await seedSmallTags(ch, customers, 200)
    await defineTags(bench, 200, false)
    const estimate = () => rules.count(scopeOfEveryone, fiveLeaves)
    const raw = percentile(await repeat(() => ch.query(fiveByHand), seconds / 2, 10), 0.95)
    const base = percentile(await repeat(estimate, seconds, 20), 0.95)
    await seedRecent(ch, customers)
    await defineTags(bench, 200, true)
    const changed = percentile(await repeat(estimate, seconds, 20), 0.95)
    const by = { of: 'the same bitmaps in one hand-written query, without changes' }
    return [
      {
        name: 'segment.10m_p95_ms',
        value: rounded(changed),
        unit: 'ms',
        ratio: rounded(changed / raw),
        ...by,
      },
      {
        name: 'segment.10m_base_p95_ms',
        value: rounded(base),
        unit: 'ms',
        ratio: rounded(base / raw),
        ...by,
      },
    ]
  } finally {
    await bench.close()
  }
}

const bankSize = 550_000_000

/** Dense tags of one value: every second to sixth customer. */
async function seedLargeTags(ch: ClickHouse, count: number): Promise<void> {
  for (let tag = 0; tag < count; tag += 1) {
    const [every, off] = [2 + (tag % 5), tag]
    await ch.command(
      sql`
        INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
        SELECT ${typed('String', `t${tag}`)}, ${typed('UInt64', refreshId)}, 'true', intDiv(n.id, 1048576) AS chunk,
          groupBitmapState(n.id)
        FROM (SELECT toUInt32(number * ${typed('UInt64', every)} + ${typed('UInt64', off + 1)}) AS id
          FROM numbers(${typed('UInt64', Math.floor((bankSize - off - 1) / every))})) AS n GROUP BY chunk`,
      jobs,
    )
  }
}

const fourLeaves: Rule = {
  all: [
    {
      any: [
        { tag: 't0', is: 'eq', value: true },
        { tag: 't1', is: 'eq', value: true },
      ],
    },
    { tag: 't2', is: 'eq', value: true },
    { not: { tag: 't3', is: 'eq', value: true } },
  ],
}

const fourByHand = sql`
  SELECT sum(bitmapAndCardinality(bitmapAndnot(bitmapOr(g.t0, g.t1), g.t3), g.t2)) AS n FROM (
    SELECT v.chunk AS chunk, groupBitmapMergeStateIf(v.members, v.tag = 't0') AS t0,
      groupBitmapMergeStateIf(v.members, v.tag = 't1') AS t1, groupBitmapMergeStateIf(v.members, v.tag = 't2') AS t2,
      groupBitmapMergeStateIf(v.members, v.tag = 't3') AS t3
    FROM tag_bitmap AS v WHERE v.tag IN ('t0', 't1', 't2', 't3') GROUP BY v.chunk) AS g`

/** segment.550m_p95_ms and segment.550m_materialise_ms: four leaves over as many customers as the largest bank has. */
export async function benchLargestBank({ seconds }: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    const { ch, rules } = bench.app.parts
    await seedUniverse(ch, bankSize)
    await seedLargeTags(ch, 20)
    await defineTags(bench, 20, false)
    const raw = percentile(await repeat(() => ch.query(fourByHand), seconds / 2, 5), 0.95)
    const counted = percentile(
      await repeat(() => rules.count(scopeOfEveryone, fourLeaves), seconds, 10),
      0.95,
    )
    const materialise = async () => {
      const bitmaps = await rules.memberBitmapsSql(scopeOfEveryone, fourLeaves)
      await ch.command(
        sql`
          INSERT INTO segment_member (segment, refresh_id, chunk, members)
          SELECT 'bench', 1, m.chunk, m.members FROM (${bitmaps}) AS m`,
        jobs,
      )
    }
    const written = percentile(await repeat(materialise, seconds / 2, 3), 0.5)
    const by = { of: 'the same bitmaps in one hand-written query' }
    return [
      {
        name: 'segment.550m_p95_ms',
        value: rounded(counted),
        unit: 'ms',
        ratio: rounded(counted / raw),
        ...by,
      },
      {
        name: 'segment.550m_materialise_ms',
        value: rounded(written),
        unit: 'ms',
        ratio: rounded(written / raw),
        ...by,
      },
    ]
  } finally {
    await bench.close()
  }
}
