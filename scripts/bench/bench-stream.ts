import type { Rule } from '#features/rules/common/rule.ts'
import { storedMembersSql } from '#features/segments/server/index.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { type BenchOptions, type Measure, percentile, rounded } from './measure.ts'

const eventNames = 20
const batchSize = 100
/** Full size; a scale below 1 makes all of it smaller. */
const fullSize = { customers: 100_000, segments: 500, perSecond: 2_000 }
type Size = typeof fullSize
/** Customers whose entering is timed are nobody's else: their first event is the one that lets them in. */
const probeEveryMs = 100
const probeSegment = 'probe'

type NamedRule = { key: string; rule: Rule }

const customerNo = (nth: number): string => `B${String(nth).padStart(12, '0')}`

/** A rule of its own for each segment: counts, sums, absences and combinations over twenty events. */
function ruleOf(nth: number): Rule {
  const did = `e${nth % eventNames}`
  const other = `e${(nth * 7 + 3) % eventNames}`
  const step = Math.floor(nth / eventNames)
  const within = step % 2 === 0 ? { hours: 6 + step } : { days: 1 + step }
  const count = { is: 'gte' as const, value: 1 + (step % 4) }
  const kinds: Rule[] = [
    { did, within, count },
    { did, where: [{ prop: 'amount', is: 'gte', value: step * 10 }], within },
    { did, within, sum: { prop: 'amount', is: 'gte', value: 100 + step } },
    { all: [{ did, within }, { not: { did: other, within } }] },
    {
      any: [
        { did, within, count: { is: 'gte', value: 3 } },
        {
          all: [
            { did, within },
            { did: other, within },
          ],
        },
      ],
    },
  ]
  return kinds[step % kinds.length] ?? { did, within }
}

/** Sets up customers and segments. Nothing has happened yet, so each segment begins published and empty. */
async function prepare(bench: BenchApp, { customers, segments }: Size): Promise<NamedRule[]> {
  const { pg, customers: people } = bench.app.parts
  for (let from = 0; from < customers; from += 10_000)
    await pg.transaction((tx) =>
      people.upsertCustomers(
        tx,
        Array.from({ length: 10_000 }, (_, nth) => ({
          customerNo: customerNo(from + nth),
          orgId: 1,
          attributes: {},
        })),
      ),
    )
  await people.syncCustomers()
  const rules: NamedRule[] = [
    { key: probeSegment, rule: { did: 'probe', within: { hours: 1 } } },
    ...Array.from({ length: segments - 1 }, (_, nth) => ({ key: `s${nth}`, rule: ruleOf(nth) })),
  ]
  await pg.execute(sql`
    INSERT INTO segment (key, name, rule, owner_org_id, created_by, refresh_mode, refresh_id, live_refresh_id, live_version,
      is_live_streamed, member_count, refreshed_at, last_attempt_at, created_at, updated_at)
    SELECT s.key, s.key, s.rule::jsonb, 1, 'bench', 'streaming', s.nth, s.nth, 1, true, 0, now(), now(), now(), now()
    FROM unnest(${rules.map((one) => one.key)}::text[], ${rules.map((one) => JSON.stringify(one.rule))}::text[])
      WITH ORDINALITY AS s(key, rule, nth)`)
  return rules
}

/** Customers who are a member by a full computation and not by the stream, or the other way round. */
async function countDrift(bench: BenchApp, rules: readonly NamedRule[]): Promise<number> {
  const { ch, rules: compiler } = bench.app.parts
  let drift = 0
  for (const [nth, { key, rule }] of rules.entries()) {
    const full = await compiler.memberBitmapsSql(scopeOfEveryone, rule)
    const stored = storedMembersSql({ key, refreshId: nth + 1, hasRecent: true }, ch.chunkBits)
    const row = await ch.first<{ drift: string }>(
      sql`
        SELECT sum(bitmapXorCardinality(g.full, g.streamed)) AS drift FROM (
          SELECT b.chunk AS chunk, groupBitmapMergeStateIf(b.members, b.side = 0) AS full,
            groupBitmapMergeStateIf(b.members, b.side = 1) AS streamed
          FROM (SELECT 0 AS side, f.chunk AS chunk, f.members AS members FROM (${full}) AS f
            UNION ALL SELECT 1 AS side, m.chunk AS chunk, m.members AS members FROM (${stored}) AS m) AS b
          GROUP BY chunk) AS g`,
      { lane: 'jobs' },
    )
    drift += Number(row?.drift ?? 0)
  }
  return drift
}

/** Sends at the rate until told otherwise; the same customer comes again now and then. */
async function sendStream(bench: BenchApp, { customers, perSecond }: Size, untilMs: number): Promise<number> {
  const { ingest } = bench.app.parts
  const key = await ingest.keys.get('bench')
  let sent = 0
  const startedMs = performance.now()
  while (performance.now() < untilMs) {
    const timestamp = new Date().toISOString()
    const batch = Array.from({ length: batchSize }, (_, nth) => {
      const place = sent + nth
      return {
        type: 'track',
        event: `e${(place * 13) % eventNames}`,
        userId: customerNo((place * 7_919) % (customers / 2)),
        messageId: `stream-${place}`,
        timestamp,
        properties: { amount: (place * 31) % 200 },
      }
    })
    await ingest.collector.takeBatch(key, batch)
    sent += batchSize
    const waitMs = startedMs + (sent * 1000) / perSecond - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
  return sent
}

/** Sends an event of a new customer now and then; gives how long after its acceptance each was found entered by a query. */
async function watchEntered(bench: BenchApp, { customers }: Size, untilMs: number): Promise<number[]> {
  const { ingest, ch, customers: people } = bench.app.parts
  const key = await ingest.keys.get('bench')
  const waiting = new Map<number, number>()
  const waits: number[] = []
  let nth = 0
  let nextAt = performance.now()
  while (performance.now() < untilMs || waiting.size > 0) {
    if (performance.now() >= nextAt && performance.now() < untilMs) {
      const userId = customerNo(customers - 1 - nth)
      const ids = await people.resolveCustomerNos([userId], { createProvisional: false })
      const event = { type: 'track', event: 'probe', userId, messageId: `probe-${nth}` }
      await ingest.collector.takeBatch(key, [{ ...event, timestamp: new Date().toISOString() }])
      waiting.set(ids.get(userId) ?? 0, performance.now())
      nth += 1
      nextAt += probeEveryMs
    }
    if (performance.now() > untilMs + 60_000) throw new Error(`${waiting.size} probes never entered`)
    const found = await ch.query<{ customer_id: number }>(sql`
      SELECT DISTINCT e.customer_id AS customer_id FROM event AS e
      WHERE e.name = 'segment_entered' AND e.customer_id IN ${typed('Array(UInt32)', [...waiting.keys()])}
        AND e.props['segment'] = ${typed('String', probeSegment)}`)
    const now = performance.now()
    for (const { customer_id } of found) {
      const since = waiting.get(customer_id)
      if (since === undefined) continue
      waits.push(now - since)
      waiting.delete(customer_id)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return waits
}

async function untilQuiet(bench: BenchApp): Promise<void> {
  const { ingest, pg } = bench.app.parts
  for (;;) {
    await ingest.flush()
    const waiting = await pg.first(sql`
      SELECT 1 FROM event_touch UNION ALL SELECT 1 FROM stream_pass WHERE kind = 'touch' LIMIT 1`)
    if (!waiting) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * stream.entered_p50_ms and stream.entered_p99_ms: from an event being accepted to its fact `segment_entered` being found by a
 * query, at 2,000 events a second with 500 segments over 100,000 customers. stream.drift: customers, over all segments, for
 * whom the members differ from a full refresh after the stream has stopped.
 */
export async function benchStream({ seconds, scale = 1 }: BenchOptions): Promise<Measure[]> {
  const size: Size = {
    customers: Math.max(1, Math.round((fullSize.customers * scale) / 10_000)) * 10_000,
    segments: Math.max(2, Math.round(fullSize.segments * scale)),
    perSecond: Math.max(batchSize, fullSize.perSecond * scale),
  }
  const bench = await openBenchApp()
  try {
    const { streaming, pg } = bench.app.parts
    const rules = await prepare(bench, size)
    streaming.start()
    const untilMs = performance.now() + seconds * 1000
    const cpu = process.cpuUsage()
    const [sent, waits] = await Promise.all([
      sendStream(bench, size, untilMs),
      watchEntered(bench, size, untilMs),
    ])
    const used = process.cpuUsage(cpu)
    await untilQuiet(bench)
    const state = await pg.first<{ passes: number; entered: number }>(
      sql`SELECT s.passes, s.entered + s.left_count AS entered FROM stream_state AS s`,
    )
    await streaming.stop()
    const drift = await countDrift(bench, rules)
    return [
      { name: 'stream.entered_p50_ms', value: rounded(percentile(waits, 0.5)), unit: 'ms' },
      { name: 'stream.entered_p99_ms', value: rounded(percentile(waits, 0.99)), unit: 'ms' },
      { name: 'stream.drift', value: drift, unit: 'customers' },
      { name: 'stream.rate', value: rounded(sent / seconds), unit: 'events/s' },
      { name: 'stream.facts', value: state?.entered ?? 0, unit: 'facts' },
      { name: 'stream.passes', value: state?.passes ?? 0, unit: 'passes' },
      {
        name: 'stream.cpu',
        value: rounded((used.user + used.system) / 1000 / (seconds * 10)),
        unit: '% of a core',
      },
    ]
  } finally {
    await bench.close()
  }
}
