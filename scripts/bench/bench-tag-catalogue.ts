import { sql, typed } from '#platform/common/sql.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { type BenchOptions, type Measure, percentile, rounded, timed } from './measure.ts'

const tagCount = 5000
const rounds = 40

/** Five thousand computed tags of which a customer has every other. */
async function fill({ app }: BenchApp): Promise<void> {
  const { pg, ch, tags } = app.parts
  await pg.execute(sql`
    INSERT INTO tag (key, name, type, source, owner_org_id, created_by, created_at, updated_at, refresh_id, refreshed_at, coverage)
    SELECT 't-' || n, jsonb_build_object('zh', '近三十天转账标签' || n, 'en', 'Transfers of thirty days ' || n), 'number',
      jsonb_build_object('event', 'e' || n % 50, 'agg', 'count'), 1, 'bench', now(), now(), 1, now(), 1
    FROM generate_series(1, ${tagCount}::int) AS n`)
  await tags.clean()
  await ch.command(
    sql`
    INSERT INTO tag_value (tag, refresh_id, customer_id, value, number)
    SELECT concat('t-', toString(1 + number % ${typed('UInt32', tagCount)})), 1, 1 + intDiv(number, ${typed('UInt32', tagCount)}) AS customer,
      toString(number % 7), number % 7
    FROM numbers(${typed('UInt64', tagCount * 200)}) WHERE number % 2 = 0`,
    { lane: 'jobs' },
  )
}

/** tags.list_5000_p95_ms, search and customer page: what people wait for once five thousand tags are defined. */
export async function benchCatalogue(_: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    await fill(bench)
    const { tags } = bench.app.parts
    const page = { limit: 50 } as Parameters<typeof tags.list>[0]
    const asks: readonly [name: string, ask: (round: number) => Promise<unknown>][] = [
      ['tags.list_5000_p95_ms', () => tags.list(page, { includeC2: true })],
      ['tags.search_5000_p95_ms', (round) => tags.list({ ...page, q: `标签${round}` }, { includeC2: true })],
      ['tags.customer_5000_p95_ms', (round) => tags.tagsOfCustomer(1 + round, { includeC2: true })],
    ]
    const measures: Measure[] = []
    for (const [name, ask] of asks) {
      const times: number[] = []
      for (let round = 0; round < rounds; round += 1) times.push(await timed(() => ask(round)))
      measures.push({ name, value: rounded(percentile(times, 0.95)), unit: 'ms' })
    }
    return measures
  } finally {
    await bench.close()
  }
}
