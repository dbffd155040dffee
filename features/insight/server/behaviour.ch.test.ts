import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOfBucket } from '#features/insight/common/buckets.ts'
import { DistributionQuery } from '#features/insight/common/distribution.ts'
import { HeatQuery } from '#features/insight/common/heat.ts'
import { IntervalQuery } from '#features/insight/common/interval.ts'
import { PathQuery } from '#features/insight/common/path.ts'
import { RetentionQuery } from '#features/insight/common/retention.ts'
import { SessionQuery } from '#features/insight/common/session.ts'
import { distribution } from '#features/insight/server/analyses/distribution.ts'
import { heat } from '#features/insight/server/analyses/heat.ts'
import { interval } from '#features/insight/server/analyses/interval.ts'
import { path } from '#features/insight/server/analyses/path.ts'
import { retention } from '#features/insight/server/analyses/retention.ts'
import { session } from '#features/insight/server/analyses/session.ts'
import {
  anyBank,
  openTestInsight,
  type TestBank,
  type TestEvent,
  testZone,
  writeBank,
} from '#features/insight/server/insight-testing.ts'

let insight: Awaited<ReturnType<typeof openTestInsight>>
let bank: TestBank
let byCustomer: Map<number, TestEvent[]>
const seed = Math.floor(Math.random() * 2 ** 31)

beforeAll(async () => {
  insight = await openTestInsight()
  bank = fc.sample(anyBank, { numRuns: 1, seed })[0] as TestBank
  byCustomer = new Map()
  for (const one of bank.events)
    byCustomer.set(one.customerId, [...(byCustomer.get(one.customerId) ?? []), one])
  await writeBank(insight.ch, bank)
})
afterAll(() => insight.close())

const period = { from: '2026-03-02', to: '2026-03-11' }
const [fromMs, toMs] = [Date.parse('2026-03-02T00:00:00+08:00'), Date.parse('2026-03-11T00:00:00+08:00')]
const isIn = (one: TestEvent) => one.ms >= fromMs && one.ms < toMs
const ordered = (ids: Iterable<number>) => [...ids].sort((one, other) => one - other)
const customersWho = (holds: (events: TestEvent[]) => boolean) =>
  ordered([...byCustomer].filter(([, events]) => holds(events)).map(([id]) => id))

test.each(['recurring', 'first'] as const)('retention of %s cohorts', async (cohort) => {
  const asked = {
    period,
    start: { event: 'open' },
    returning: { event: 'view' },
    size: 'day',
    periods: 3,
    cohort,
  }
  const answer = await retention.run(insight.contextOf(), RetentionQuery.parse(asked))
  const day = (ms: number) => startOfBucket(ms, 'day', testZone)
  const begun = (events: TestEvent[], start: number) => {
    const opens = events.filter((one) => one.name === 'open')
    if (cohort === 'recurring') return opens.some((one) => isIn(one) && day(one.ms) === start)
    const first = opens.reduce((least, one) => Math.min(least, one.ms), Infinity)
    return first >= fromMs && first < toMs && day(first) === start
  }
  for (const { from, customers, returned } of answer.cohorts) {
    const start = Date.parse(from)
    expect(customers, `seed ${seed}`).toBe(customersWho((events) => begun(events, start)).length)
    for (const [nth, count] of returned.entries()) {
      const then = start + (nth + 1) * 86_400_000
      const slow = customersWho(
        (events) => begun(events, start) && events.some((one) => one.name === 'view' && day(one.ms) === then),
      )
      if (count !== null) expect(count, `seed ${seed} ${from} ${nth}`).toBe(slow.length)
      if (nth === 0) {
        expect(await insight.idsOf('retention', asked, { cohort: from, period: 1 })).toEqual(slow)
        expect(await insight.idsOf('retention', asked, { cohort: from, period: 1, lost: true })).toHaveLength(
          customers - slow.length,
        )
      }
    }
  }
})

test.each([
  ['view', { hours: 1 }],
  ['open', { days: 30 }],
] as const)('interval from open to %s within %j', async (then, within) => {
  const asked = { period, first: { event: 'open' }, next: { event: then }, within }
  const answer = await interval.run(insight.contextOf(), IntervalQuery.parse(asked))
  const mostMs = 'days' in within ? within.days * 86_400_000 : within.hours * 3_600_000
  const took = [...byCustomer].flatMap(([id, events]) => {
    const start = Math.min(...events.filter((one) => one.name === 'open' && isIn(one)).map((one) => one.ms))
    if (start === Infinity) return []
    const ends = events.filter(
      (one) =>
        one.name === then && (then === 'open' ? one.ms > start : one.ms >= start) && one.ms < toMs + mostMs,
    )
    const next = Math.min(...ends.map((one) => one.ms))
    return [{ id, ms: next - start <= mostMs ? next - start : -1 }]
  })
  const finished = took.filter(({ ms }) => ms >= 0)
  expect([answer.started, answer.finished], `seed ${seed}`).toEqual([took.length, finished.length])
  expect(await insight.idsOf('interval', asked, { of: 'unfinished' })).toEqual(
    ordered(took.filter(({ ms }) => ms < 0).map(({ id }) => id)),
  )
  expect(answer.time.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(finished.length)
  for (const { from, to, count } of answer.time.bins)
    expect(await insight.idsOf('interval', asked, { took: { fromMs: from, toMs: to } })).toHaveLength(count)
})

test('sessions', async () => {
  const asked = { period, gapMinutes: 30 }
  const answer = await session.run(insight.contextOf(), SessionQuery.parse(asked))
  const runs = [...byCustomer].flatMap(([id, events]) => {
    const found: { id: number; times: number[] }[] = []
    for (const ms of ordered(events.filter(isIn).map((one) => one.ms))) {
      const last = found.at(-1)
      if (last && ms - (last.times.at(-1) ?? 0) <= 1_800_000) last.times.push(ms)
      else found.push({ id, times: [ms] })
    }
    return found
  })
  const seconds = runs
    .map(({ times }) => Math.floor(((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000))
    .sort((a, b) => a - b)
  expect(answer, `seed ${seed}`).toMatchObject({
    ...{ sessions: runs.length, bounces: runs.filter(({ times }) => times.length === 1).length },
    events: runs.reduce((sum, { times }) => sum + times.length, 0),
    length: {
      count: runs.length,
      max: seconds.at(-1) ?? null,
      median: seconds[Math.ceil(seconds.length / 2) - 1] ?? null,
    },
  })
  for (const { from, sessions, customers } of answer.buckets) {
    const begun = runs.filter(
      ({ times }) => startOfBucket(times[0] ?? 0, 'day', testZone) === Date.parse(from),
    )
    expect(sessions).toBe(begun.length)
    expect(customers).toBe(new Set(begun.map(({ id }) => id)).size)
  }
  for (const { from, to, customers } of answer.byEvents)
    expect(await insight.idsOf('session', asked, { events: { from, to } })).toHaveLength(customers)
  expect(await insight.idsOf('session', asked, { bounce: true })).toEqual(
    ordered(new Set(runs.filter(({ times }) => times.length === 1).map(({ id }) => id))),
  )
})

const wayOf = (events: TestEvent[], query: PathQuery): string[] | undefined => {
  const steps = events
    .filter(isIn)
    .sort(
      (one, other) =>
        one.ms - other.ms ||
        (one.name < other.name ? -1 : one.name > other.name ? 1 : one.msg < other.msg ? -1 : 1),
    )
  const anchor = steps.findIndex((one) => one.name === query.anchor.event)
  if (anchor < 0) return undefined
  const part = query.direction === 'to' ? steps.slice(0, anchor + 1).reverse() : steps.slice(anchor)
  const broken = part.findIndex(
    (one, nth) => nth > 0 && Math.abs(one.ms - (part[nth - 1]?.ms ?? 0)) > query.gapMinutes * 60_000,
  )
  const nodes = part
    .slice(0, broken < 0 ? undefined : broken)
    .map((one) =>
      one.name === 'view' && query.detail.length && one.props.page !== undefined
        ? `view\n${one.props.page}`
        : one.name,
    )
  return nodes.filter((node, nth) => !query.collapse || node !== nodes[nth - 1]).slice(0, query.depth + 1)
}

test.each([
  ['from', true, []],
  ['to', false, [{ event: 'view', prop: 'page' }]],
] as const)('ways %s a step', async (direction, collapse, detail) => {
  const asked = {
    ...{ period, anchor: { event: 'view' }, direction, collapse },
    ...{ detail: [...detail], depth: 3, gapMinutes: 2000, top: 2 },
  }
  const query = PathQuery.parse(asked)
  const answer = await path.run(insight.contextOf(), query)
  const ways = new Map(
    [...byCustomer].flatMap(([id, events]) => {
      const way = wayOf(events, query)
      return way ? [[id, way] as const] : []
    }),
  )
  expect(answer.customers, `seed ${seed}`).toBe(ways.size)
  const shown = (place: number) =>
    answer.nodes.filter((one) => one.place === place && one.node !== '+').map((one) => one.node)
  const isOf = (way: string[], place: number, node: string | null) => {
    const own = way[place]
    if (node === null) return own === undefined
    return own !== undefined && (node === '+' ? !shown(place).includes(own) : own === node)
  }
  for (const { place, node, customers } of answer.nodes) {
    const slow = ordered([...ways].filter(([, way]) => isOf(way, place, node)).map(([id]) => id))
    expect(customers, `seed ${seed} ${place} ${node}`).toBe(slow.length)
    expect(await insight.idsOf('path', asked, { place, node, not: shown(place) })).toEqual(slow)
  }
  for (const { place, from, to, customers } of answer.links) {
    const slow = [...ways.values()].filter((way) => isOf(way, place, from) && isOf(way, place + 1, to))
    expect(customers, `seed ${seed} ${place} ${from} ${to}`).toBe(slow.length)
    const next = { node: to, not: shown(place + 1) }
    expect(await insight.idsOf('path', asked, { place, node: from, not: shown(place), next })).toHaveLength(
      customers,
    )
  }
})

test.each([
  [{ of: 'count' }, (events: TestEvent[]) => [events.length]],
  [{ of: 'count', zero: true }, (events: TestEvent[]) => [events.length]],
  [
    { of: 'days' },
    (events: TestEvent[]) => [new Set(events.map((one) => startOfBucket(one.ms, 'day', testZone))).size],
  ],
  [
    { of: 'sum', prop: 'amount' },
    (events: TestEvent[]) => [
      events.reduce((sum, { props }) => sum + Math.round(1000 * (Number(props.amount ?? 0) || 0)), 0) / 1000,
    ],
  ],
  [
    { of: 'value', prop: 'amount' },
    (events: TestEvent[]) =>
      events.flatMap(({ props }) =>
        Number.isFinite(Number(props.amount ?? 'none')) ? [Number(props.amount)] : [],
      ),
  ],
] as const)('distribution by %j', async (how, measure) => {
  const asked = { period, event: { event: 'view' }, ...how }
  const answer = await distribution.run(insight.contextOf(), DistributionQuery.parse(asked))
  const values = [...bank.orgOf.keys()].flatMap((id) => {
    const events = (byCustomer.get(id) ?? []).filter((one) => one.name === 'view' && isIn(one))
    return events.length > 0 || 'zero' in how ? measure(events).map((value) => ({ id, value })) : []
  })
  const sorted = values.map(({ value }) => value).sort((one, other) => one - other)
  const { count, min, max, median } = answer.spread
  expect({ count, min, max, median }, `seed ${seed}`).toEqual({
    ...{ count: sorted.length, min: sorted[0] ?? null, max: sorted.at(-1) ?? null },
    median: sorted[Math.ceil(sorted.length / 2) - 1] ?? null,
  })
  for (const [nth, bin] of answer.spread.bins.entries()) {
    const inBin = values.filter(({ value }) => value >= bin.from && value < bin.to)
    expect(bin.count, `seed ${seed} ${bin.from}`).toBe(inBin.length)
    const ids = await insight.idsOf('distribution', asked, { bin: { from: bin.from, to: bin.to } })
    expect(ids).toEqual(ordered(new Set(inBin.map(({ id }) => id))))
    expect(answer.byBin[nth]).toBe(ids.length)
  }
})

test('click-heat', async () => {
  const asked = { period, event: { event: 'view' }, element: 'amount' }
  const answer = await heat.run(insight.contextOf(), HeatQuery.parse(asked))
  const views = bank.events.filter((one) => one.name === 'view' && isIn(one))
  expect(answer.clicks).toBe(views.length)
  for (const { page, clicks, spots } of answer.pages) {
    const onPage = views.filter(({ props }) => (props.page ?? null) === page)
    expect(clicks, `seed ${seed}`).toBe(onPage.length)
    for (const spot of spots) {
      const there = onPage.filter(({ props }) => (props.amount ?? null) === spot.element)
      expect(spot.clicks).toBe(there.length)
      const ids = await insight.idsOf('heat', asked, { page, element: spot.element, position: spot.position })
      expect(ids).toEqual(ordered(new Set(there.map((one) => one.customerId))))
    }
  }
})
