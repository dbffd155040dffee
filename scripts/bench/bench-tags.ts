import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngines } from '#apps/server/src/engines.ts'
import { createAudit } from '#features/audit/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { createTagEngine, type TagEngine } from '#features/tags/server/index.ts'
import { createSystemClock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { readConfig } from '#platform/server/config.ts'
import { createJobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { benchCatalogue } from './bench-tag-catalogue.ts'
import { type BenchOptions, type Measure, rounded, timed } from './measure.ts'

const fullCustomers = 1_000_000
const fullEvents = 50_000_000
const fullTags = 1000
const eventNames = 10
const singles = 20
const days = 90

type Bench = { pg: Postgres; ch: ClickHouse; engine: TagEngine; close(): Promise<void> }

async function open(): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'zhike-bench-tags-'))
  const engines = await openEngines({ ...readConfig({}), dataDir: dir, demoCustomers: 0 })
  const base = { pg: engines.pg, ch: engines.ch, clock: createSystemClock(), timeZone: 'Asia/Shanghai' }
  const jobs = createJobs({ ...base, log: () => undefined })
  await jobs.migrate()
  await base.pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ')`)
  return {
    ...base,
    engine: createTagEngine({ ...base, jobs, audit: createAudit(base), rules: createRules(base) }),
    async close() {
      await engines.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Ten events, each by a random customer at a random time of ninety days; `from` keeps messages apart. */
const events = (count: number, customers: number, span: { from: number; seconds: number }) => sql`
  INSERT INTO event (name, customer_id, msg, occurred_at, client_at, received_at, visitor, source, props, ver, is_deleted)
  SELECT concat('e', toString(number % ${typed('UInt32', eventNames)})), 1 + sipHash64(number, 1) % ${typed('UInt32', customers)} AS customer,
    reinterpretAsUUID(sipHash128(number)), now64(3) - toIntervalSecond(sipHash64(number, 2) % ${typed('UInt32', span.seconds)}) AS at,
    at, now64(3), 0, 'bench',
    map('kind', toString(sipHash64(number, 3) % 10), 'amount', toString(sipHash64(number, 4) % 500)), 1, 0
  FROM numbers(${typed('UInt64', span.from)}, ${typed('UInt64', count)})`

async function seed({ ch }: Bench, customers: number, count: number): Promise<void> {
  const lane = { lane: 'jobs' } as const
  await ch.command(
    sql`
    INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id, state, is_provisional, attributes, ver)
    SELECT number + 1, concat('B', toString(number)), 1, 0, 'active', 0, map(), 1 FROM numbers(${typed('UInt64', customers)})`,
    lane,
  )
  const part = 10_000_000
  for (let from = 0; from < count; from += part)
    await ch.command(events(Math.min(part, count - from), customers, { from, seconds: days * 86_400 }), lane)
}

const aggregations = ['count', 'sum', 'avg', 'max', 'last'] as const
const windows = [3, 7, 30, 90] as const

/** Tags as banks have them: one kind of event, counted, summed or the last, over a few days or a season. */
async function define({ pg }: Bench, prefix: string, count: number): Promise<string[]> {
  const tags = Array.from({ length: count }, (_, index) => {
    const [turn, agg] = [Math.floor(index / eventNames), aggregations[index % aggregations.length] ?? 'count']
    const source = {
      event: `e${index % eventNames}`,
      agg,
      ...(agg === 'count' ? {} : { prop: 'amount' }),
      where: [{ prop: 'kind', is: 'eq', value: String(turn % 10) }],
      within: { days: windows[Math.floor(turn / 10) % windows.length] ?? 30 },
    }
    return { key: `${prefix}-${String(index).padStart(4, '0')}`, source }
  })
  await pg.copyIn(
    'tag',
    ['key', 'name', 'type', 'source', 'owner_org_id', 'created_by', 'created_at', 'updated_at'],
    tags.map(({ key, source }) => [
      ...[key, { zh: key, en: key }, 'number', source, 1, 'bench', new Date(), new Date()],
    ]),
  )
  return tags.map(({ key }) => key)
}

/** The most memory queries took since this was asked before, as far as the engine tells while they run. */
function watchMemory(ch: ClickHouse): { stop(): Promise<number> } {
  let most = 0
  let last: Promise<unknown> = Promise.resolve()
  const look = async () => {
    const row = await ch.first<{ bytes: string }>(
      sql`SELECT ifNull(max(p.peak_memory_usage), 0) AS bytes FROM system.processes AS p`,
    )
    most = Math.max(most, Number(row?.bytes ?? 0))
  }
  const timer = setInterval(() => {
    last = last.then(look).catch(() => undefined)
  }, 500)
  return {
    async stop() {
      clearInterval(timer)
      await last
      return most
    },
  }
}

async function measureRuns(bench: Bench, scale: number): Promise<Measure[]> {
  const { engine } = bench
  const customers = Math.max(1000, Math.round(fullCustomers * scale))
  const count = Math.round(fullEvents * scale)
  const tagCount = Math.max(singles * 2, Math.round(fullTags * Math.min(1, scale * 10)))
  await seed(bench, customers, count)
  const keys = await define(bench, 'shared', tagCount)
  const alone = await define(bench, 'single', tagCount)
  const every = Math.max(1, Math.floor(tagCount / singles))
  // Steps through all events, filters and windows.
  const sample = alone.filter((_, index) => index % every === Math.floor(index / every) % every)
  const singleMs: number[] = []
  for (const key of sample.slice(0, Math.max(singles, 1)))
    singleMs.push(await timed(() => engine.refresh(key)))
  const oneMs = singleMs.reduce((sum, ms) => sum + ms, 0) / singleMs.length
  const memory = watchMemory(bench.ch)
  const sharedMs = await timed(() => engine.runs.runNow('bench', 'full', keys))
  const bytes = await memory.stop()
  await bench.ch.command(events(Math.round(count / days), customers, { from: count, seconds: 86_400 }), {
    lane: 'jobs',
  })
  const againMs = await timed(() => engine.runs.runNow('bench', 'incremental', keys))
  await bench.ch.command(sql`OPTIMIZE TABLE event`)
  const fullMs = await timed(() => engine.runs.runNow('bench', 'full', keys))
  return [
    {
      ...{ name: 'tags.thousand_over_singles', value: rounded(sharedMs / (tagCount * oneMs)), unit: 'ratio' },
      ...{
        ratio: rounded(sharedMs / (tagCount * oneMs)),
        of: `${tagCount} runs of one tag, from ${singleMs.length} of them`,
      },
    },
    { name: 'tags.thousand_ms', value: rounded(sharedMs), unit: 'ms' },
    { name: 'tags.single_ms', value: rounded(oneMs), unit: 'ms' },
    { name: 'tags.thousand_memory', value: rounded(bytes / 1e9), unit: 'GB' },
    {
      ...{ name: 'tags.incremental_over_full', value: rounded(againMs / fullMs), unit: 'ratio' },
      ...{ ratio: rounded(againMs / fullMs), of: 'a full run right after, over the same events' },
    },
    { name: 'tags.incremental_ms', value: rounded(againMs), unit: 'ms' },
  ]
}

/** tags.*: shared scans against single runs, a day's increment against a full run, and five thousand tags at hand. */
export async function benchTags({ seconds, scale = 1 }: BenchOptions): Promise<Measure[]> {
  const bench = await open()
  let measures: Measure[]
  try {
    measures = await measureRuns(bench, scale)
  } finally {
    await bench.close()
  }
  return [...measures, ...(await benchCatalogue({ seconds, scale }))]
}
