import fc from 'fast-check'
import { createAudit } from '#features/audit/server/index.ts'
import type { InsightContext } from '#features/insight/server/analysis.ts'
import { insightLimits } from '#features/insight/server/ask.ts'
import { createInsightFeature } from '#features/insight/server/insight.ts'
import { createRules } from '#features/rules/server/index.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { testCaller } from '#platform/server/http-testing.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

/** A moment at which today differs between UTC and Shanghai. */
export const testNow = new Date('2026-03-10T17:30:00.000Z')
export const testZone = 'Asia/Shanghai'

export type TestEvent = {
  name: string
  customerId: number
  ms: number
  msg: string
  props: Record<string, string>
}
export type TestBank = { orgOf: Map<number, number>; events: TestEvent[] }

/** Ids in three chunks. */
export const testIds = Array.from({ length: 24 }, (_, index) => (index % 3) * 2 ** 21 + index + 1)

const names = ['open', 'view', 'buy', 'leave'] as const
const dayMs = 86_400_000
const start = Date.parse('2026-03-01T00:00:00+08:00')

/** Moments that coincide, lie on the edges of days, weeks and windows, or a millisecond beside them. */
const moment = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 11 }), fc.constantFrom(0, 1, -1, 3_600_000, 1_800_000, 1_800_001))
    .map(([day, ms]) => start + day * dayMs + ms),
  fc.integer({ min: 0, max: 40 }).map((hour) => start + 8 * dayMs + hour * 1_800_000),
  fc.constantFrom(start - 40 * dayMs, start + 30 * dayMs),
)

const event = fc.record({
  name: fc.constantFrom(...names),
  ms: moment,
  page: fc.constantFrom('home', 'wealth', '', undefined),
  amount: fc.constantFrom('1', '2.50', '0.1', '-3', 'none', undefined),
})

/** A random bank of a few customers with a few events each. */
export const anyBank: fc.Arbitrary<TestBank> = fc
  .tuple(...testIds.map(() => fc.tuple(fc.constantFrom(2, 3, 4), fc.array(event, { maxLength: 9 }))))
  .map((customers) => {
    const bank: TestBank = { orgOf: new Map(), events: [] }
    customers.forEach(([orgId, events], index) => {
      const customerId = testIds[index] ?? 0
      bank.orgOf.set(customerId, orgId)
      events.forEach(({ name, ms, page, amount }, nth) => {
        const msg = `00000000-0000-4000-8000-${String(customerId * 100 + nth).padStart(12, '0')}`
        const props = { ...(page === undefined ? {} : { page }), ...(amount === undefined ? {} : { amount }) }
        bank.events.push({ name, customerId, ms, msg, props })
      })
    })
    return bank
  })

const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
const rowOf = (one: TestEvent, more: object = {}) => ({
  ...{ name: one.name, customer_id: one.customerId, msg: one.msg, occurred_at: text(one.ms) },
  ...{ received_at: text(one.ms), client_at: text(one.ms), visitor: 0, source: 'test', props: one.props },
  ...{ ver: 1, is_deleted: 0 },
  ...more,
})

/** Writes a bank as life leaves it: messages that came twice, ones with a corrected clock, ones that were taken back. */
export async function writeBank(ch: ClickHouse, bank: TestBank): Promise<void> {
  for (const table of ['event', 'customer'])
    await ch.command(sql`TRUNCATE TABLE ${{ kind: 'sql', text: [table], values: [] } as const}`)
  await ch.insertRows(
    'customer',
    [...bank.orgOf].map(([customer_id, org_id]) => ({
      ...{ customer_id, customer_no: `C${customer_id}`, org_id, rm_staff_id: 0, state: 'active' },
      ...{ is_provisional: 0, attributes: {}, ver: 1 },
    })),
  )
  const gone = bank.events.slice(0, 5).map((one, nth) => ({
    ...one,
    msg: `11111111-0000-4000-8000-${String(nth).padStart(12, '0')}`,
  }))
  const stranger = bank.events.slice(0, 5).map((one) => ({ ...one, customerId: 999_999 }))
  await ch.insertRows('event', [
    ...bank.events.map((one, nth) =>
      // What a client with a wrong clock sent first: the same message at another moment, replaced below.
      nth % 3 === 0 ? rowOf(one, { occurred_at: text(one.ms + 7_000), client_at: text(one.ms) }) : rowOf(one),
    ),
    ...[...gone, ...stranger].map((one) => rowOf(one)),
  ])
  await ch.insertRows('event', [
    ...bank.events.filter((_, nth) => nth % 3 < 2).map((one) => rowOf(one, { ver: 2 })),
    ...gone.map((one) => rowOf(one, { ver: 2, is_deleted: 1 })),
  ])
}

const notAsked = () => Promise.reject(new Error('not asked here'))

/** Insight on engines of its own: branches A (2, with outlet 4 below it) and B (3). */
export async function openTestInsight() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO'), ('A'), ('B'), ('A1') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, ARRAY[1], DATE '2000-01-01'), (2, '甲分行', 'branch', 1, ARRAY[1, 2], DATE '2000-01-01'),
      (3, '乙分行', 'branch', 1, ARRAY[1, 3], DATE '2000-01-01'), (4, '甲一', 'outlet', 2, ARRAY[1, 2, 4], DATE '2000-01-01')`)
  const base = { pg, ch, clock: { now: () => testNow }, timeZone: testZone }
  const rules = createRules(base)
  const audit = createAudit(base)
  const feature = createInsightFeature({
    ...{
      ...base,
      rules,
      audit,
      lists: { keep: notAsked, discard: notAsked },
      customers: { names: async () => new Map() },
    },
    segments: { create: notAsked },
  })
  const contextOf = (scope: OrgScope = scopeOfEveryone): InsightContext => ({
    ...{
      scope,
      now: testNow,
      timeZone: testZone,
      pg,
      ch,
      rules,
      mayReadBalances: true,
      options: insightLimits,
    },
  })
  return {
    ...{ ...base, feature, rules, contextOf },
    caller: testCaller(),
    /** Ids behind a number, in order. */
    async idsOf(
      kind: string,
      query: object,
      cell: object,
      scope: OrgScope = scopeOfEveryone,
    ): Promise<number[]> {
      const analysis = feature.find(kind)
      const rows = await analysis.customers(
        contextOf(scope),
        analysis.query.parse(query),
        analysis.cell.parse(cell),
      )
      const found = await ch.query<{ id: number }>(
        sql`SELECT DISTINCT c.customer_id AS id FROM (${rows}) AS c ORDER BY id`,
      )
      return found.map((row) => row.id)
    },
    async close(): Promise<void> {
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}

export const scopes: OrgScope[] = [scopeOfEveryone, { everyone: false, orgIds: [2, 4], rmStaffId: null }]

/** Customers a scope holds. */
export const isInScope = (bank: TestBank, scope: OrgScope, customerId: number): boolean => {
  const orgId = bank.orgOf.get(customerId)
  return orgId !== undefined && (scope.everyone || scope.orgIds.includes(orgId))
}
