import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  BreakpointQuery,
  CreateFlow,
  type Flow,
  returnBins,
  stoppedRule,
} from '#features/breakpoints/common/flow.ts'
import { breakpoints } from '#features/breakpoints/server/breakpoints.ts'
import { createFlows } from '#features/breakpoints/server/flows.ts'
import type { InsightContext } from '#features/insight/server/index.ts'
import { branch, eventRow, hq, openMetricBank } from '#features/metrics/server/metrics-testing.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'

const now = new Date('2026-03-11T17:30:00Z')
const minute = 60_000
const limit = 30
const branchScope: OrgScope = { everyone: false, orgIds: [2, 3], rmStaffId: null }
const inBranch = [3, 4, 5, 6, 7]
const made = CreateFlow.parse({
  key: 'open_account',
  name: { zh: '开户', en: 'Open account' },
  inactivityMinutes: limit,
  steps: ['start', 'identity', 'done'].map((key) => ({
    key,
    name: { zh: key, en: key },
    event: 'flow_step',
    where: [{ prop: 'step', is: 'eq', value: key }],
  })),
})
let bank: Awaited<ReturnType<typeof openMetricBank>>
let context: InsightContext
let flow: Flow
let flows: ReturnType<typeof createFlows>

beforeAll(async () => {
  bank = await openMetricBank(now)
  const { pg, ch, rules, timeZone } = bank
  context = { scope: scopeOfEveryone, now, timeZone, pg, ch, rules, mayReadBalances: true, options: {} }
  const segments = {
    create: async (_caller: unknown, _scope: unknown, input: object) => ({ ...input }) as never,
  }
  flows = createFlows({ ...bank, segments })
  flow = await flows.create(hq, made)
})
afterAll(() => bank.drop())

type Happened = { name: string; customerId: number; at: number; props: Record<string, string>; nth: number }
type Attempt = {
  customerId: number
  started: number
  last: number
  level: number
  item: string
  next?: Attempt
}

/** Attempts told event by event. */
function slowAttempts(events: readonly Happened[]): Attempt[] {
  const attempts: Attempt[] = []
  for (const customerId of new Set(events.map((event) => event.customerId))) {
    const own = events
      .filter((event) => event.customerId === customerId && event.name === 'flow_step')
      .map((event) => ({ ...event, step: made.steps.findIndex(({ key }) => key === event.props.step) }))
      .filter(({ step }) => step >= 0)
      .sort((one, other) => one.at - other.at || one.step - other.step || one.nth - other.nth)
    let current: Attempt | undefined
    for (const event of own) {
      const isSilent = current !== undefined && event.at - current.last > limit * minute
      if (current && event.step > current.level + 1) continue
      if (!current && event.step !== 0) continue
      if (current && !isSilent) {
        current.last = event.at
        current.level = Math.max(current.level, event.step)
      } else {
        const next: Attempt = {
          customerId,
          started: event.at,
          last: event.at,
          level: event.step === 0 ? 0 : Math.max(current?.level ?? 0, event.step),
          item: event.props.device === undefined ? '-' : `v${event.props.device}`,
        }
        if (current) current.next = next
        attempts.push(next)
        current = next
      }
      if (current.level === made.steps.length - 1) current = undefined
    }
  }
  return attempts
}

/** Why an attempt stopped. */
function slowReason(attempt: Attempt, events: readonly Happened[]): string {
  const end = attempt.next ? attempt.next.started - 1 : Infinity
  const last = (name: string, prop: string, to: number) =>
    events
      .filter(
        (e) =>
          e.customerId === attempt.customerId &&
          e.name === name &&
          e.at >= attempt.started &&
          e.at <= to &&
          (e.props[prop] ?? '') !== '',
      )
      .sort(
        (one, other) =>
          one.at - other.at ||
          Number(made.steps.findIndex(({ key }) => key === one.props.step)) -
            Number(made.steps.findIndex(({ key }) => key === other.props.step)) ||
          one.nth - other.nth,
      )
      .at(-1)?.props[prop]
  const said = last('flow_abandoned', 'reason', end)
  if (said) return `said ${said}`
  const error = last('flow_step', 'error', attempt.last)
  if (error) return `error ${error}`
  const page = last('page_viewed', 'page', Math.min(attempt.last + limit * minute, end))
  return page ? `page ${page}` : 'unknown '
}

const anyEvents = fc
  .array(
    fc.record({
      name: fc.constantFrom(
        'flow_step',
        'flow_step',
        'flow_step',
        'flow_step',
        'flow_abandoned',
        'page_viewed',
      ),
      customerId: fc.integer({ min: 1, max: 8 }),
      at: fc.integer({ min: 0, max: 40 }).map((n) => now.getTime() - n * 15 * minute),
      props: fc.record(
        {
          step: fc.constantFrom('start', 'identity', 'identity', 'done', 'other'),
          flow: fc.constantFrom('open_account', 'open_account', 'else'),
          reason: fc.constantFrom('face', 'material', ''),
          error: fc.constantFrom('E1', 'E2'),
          page: fc.constantFrom('home', 'help'),
          device: fc.constantFrom('ios', 'android'),
        },
        { requiredKeys: ['step', 'flow'] },
      ),
    }),
    { maxLength: 50 },
  )
  .map((events) =>
    events.map((event, nth) => ({ ...event, props: event.props as Record<string, string>, nth })),
  )

async function write(events: readonly Happened[]): Promise<void> {
  await bank.ch.command(sql`TRUNCATE TABLE event`)
  const rows = events.map(({ name, customerId, nth, at, props }) =>
    eventRow(name, customerId, nth, new Date(at).toISOString(), props),
  )
  if (rows.length > 0) await bank.ch.insertRows('event', [...rows, ...rows])
}

const idsOf = async (rows: Sql): Promise<number[]> =>
  (
    await bank.ch.query<{ id: number }>(
      sql`SELECT DISTINCT c.customer_id AS id FROM (${rows}) AS c ORDER BY id`,
    )
  ).map(({ id }) => id)
const people = (attempts: readonly Attempt[]) =>
  [...new Set(attempts.map(({ customerId }) => customerId))].sort((a, b) => a - b)
const query = BreakpointQuery.parse({ flow: 'open_account', period: { hours: 24 }, by: { prop: 'device' } })

test('attempts, stops, reasons and returns are as told event by event', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, fc.constantFrom(scopeOfEveryone, branchScope), async (events, scope) => {
      await write(events)
      const mine = events.filter(({ customerId }) => scope.everyone || inBranch.includes(customerId))
      const attempts = slowAttempts(mine)
      const isDone = ({ level }: Attempt) => level === 2
      const isStopped = (one: Attempt) => !isDone(one) && now.getTime() - one.last > limit * minute
      const stopped = attempts.filter(isStopped)
      const answer = await breakpoints.run({ ...context, scope }, query)
      expect(answer).toMatchObject({
        attempts: attempts.length,
        customers: people(attempts).length,
        completed: attempts.filter(isDone).length,
        returns: {
          stopped: stopped.length,
          cameBack: stopped.filter(({ next }) => next).length,
          finished: stopped.filter(({ next }) => next && isDone(next)).length,
        },
      })
      answer.steps.forEach((step, level) => {
        const here = attempts.filter((one) => one.level === level)
        expect(step).toMatchObject({
          reached: attempts.filter((one) => one.level >= level).length,
          stopped: here.filter(isStopped).length,
          underWay: here.filter((one) => !isDone(one) && !isStopped(one)).length,
          customers: people(here.filter(isStopped)).length,
        })
      })
      const reasons = new Map<string, number>()
      for (const one of stopped) {
        const key = `${made.steps[one.level]?.key} ${slowReason(one, mine)}`
        reasons.set(key, (reasons.get(key) ?? 0) + 1)
      }
      expect(
        new Map(answer.reasons.map((one) => [`${one.step} ${one.kind} ${one.reason}`, one.attempts])),
      ).toEqual(reasons)
      const away = stopped.flatMap(({ next, last }) => (next ? [(next.started - last) / minute] : []))
      expect(answer.returns.bins.map(({ cameBack }) => cameBack)).toEqual(
        [...returnBins, Infinity].map(
          (upTo, nth) => away.filter((m) => m < upTo && m >= (returnBins[nth - 1] ?? 0)).length,
        ),
      )
      for (const group of answer.groups)
        expect(group.attempts).toBe(attempts.filter(({ item }) => item === group.item).length)
      const behind = (cell: Parameters<typeof breakpoints.customers>[2]) =>
        breakpoints.customers({ ...context, scope }, query, cell).then(idsOf)
      expect(await behind({ state: 'stopped', step: 'identity' })).toEqual(
        people(stopped.filter(({ level }) => level === 1)),
      )
      expect(await behind({ state: 'lost' })).toEqual(people(stopped.filter(({ next }) => !next)))
    }),
    { numRuns: 4 },
  )
})

test('the live segment holds those who stopped just now, and nobody who went on or is still at it', async () => {
  const step = (customerId: number, nth: number, minutesAgo: number, key: string) => ({
    name: 'flow_step',
    customerId,
    nth,
    at: now.getTime() - minutesAgo * minute,
    props: { step: key },
  })
  await write([
    step(1, 1, 50, 'identity'),
    step(2, 2, 50, 'identity'),
    step(2, 3, 45, 'done'),
    step(3, 4, 10, 'identity'),
    step(4, 5, 200, 'identity'),
    step(5, 6, 50, 'start'),
  ])
  const rule = stoppedRule(flow, 1, 120)
  if (!rule) throw new Error('no rule')
  expect(await idsOf(await bank.rules.memberIdsSql(scopeOfEveryone, rule))).toEqual([1])
  expect(stoppedRule(flow, 2, 120)).toBeUndefined()
  const ask = { step: 'identity', minutes: 120, key: 'stopped', name: 'x' }
  expect(await flows.stoppedSegment(hq, scopeOfEveryone, 'open_account', ask)).toMatchObject({
    key: 'stopped',
    rule,
  })
  await expect(
    flows.stoppedSegment(hq, scopeOfEveryone, 'open_account', { ...ask, minutes: 30 }),
  ).rejects.toMatchObject({ code: 'FLOW_MINUTES_SHORT' })
  await expect(
    flows.stoppedSegment(hq, scopeOfEveryone, 'open_account', { ...ask, step: 'done' }),
  ).rejects.toMatchObject({ code: 'FLOW_STEP_UNKNOWN' })
})

test('flows are versions with an audit trail, changed by whose they are', async () => {
  const { key: _, ...content } = made
  await expect(flows.create(hq, made)).rejects.toMatchObject({ code: 'FLOW_KEY_TAKEN' })
  await expect(flows.change(branch, branchScope, 'open_account', content)).rejects.toMatchObject({
    code: 'FLOW_NOT_YOURS',
  })
  expect(
    await flows.change(hq, scopeOfEveryone, 'open_account', { ...content, inactivityMinutes: 15 }),
  ).toMatchObject({ version: 2, inactivityMinutes: 15 })
  await flows.remove(hq, scopeOfEveryone, 'open_account')
  await expect(breakpoints.run(context, query)).rejects.toMatchObject({ code: 'FLOW_NOT_FOUND' })
  expect(await flows.create(hq, made)).toMatchObject({ version: 3 })
  const audited = await bank.pg.query<{ action: string }>(
    sql`SELECT a.action FROM audit AS a WHERE a.object_type = 'flow' ORDER BY a.seq`,
  )
  expect(audited.map(({ action }) => action)).toEqual([
    'flow.create',
    'flow.change',
    'flow.delete',
    'flow.create',
  ])
})
