import { randomUUID } from 'node:crypto'
import { type Approvals, createApprovals, registerApprovalRoutes } from '#features/approvals/server/index.ts'
import { createAudit } from '#features/audit/server/index.ts'
import type { CampaignBody } from '#features/campaigns/common/campaign.ts'
import { type Campaigns, createCampaigns, registerCampaignRoutes } from '#features/campaigns/server/index.ts'
import { createDelivery, type Delivery } from '#features/delivery/server/index.ts'
import { createGate, createOutboxShipper, type OutboxEvent } from '#features/gate/server/index.ts'
import { createOrg } from '#features/org/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { createTasks, type Tasks } from '#features/tasks/server/index.ts'
import {
  type Caller,
  type OrgScope,
  type Permission,
  rolePermissions,
  scopeOfEveryone,
} from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import { createJobs, type Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

export const timeZone = 'Asia/Shanghai'
/** Noon in Shanghai. */
export const startOfTest = new Date('2026-11-02T04:00:00Z')

/** Two branches with an outlet each; customers are dealt to the outlets in turn. */
export const units = { hq: 1, branchA: 2, branchB: 3, outletA: 4, outletB: 5 } as const
const below = (...orgIds: number[]): OrgScope => ({ everyone: false, orgIds, rmStaffId: null })

const person = (
  username: string,
  staffId: number,
  orgId: number,
  permissions: readonly Permission[],
  scope: OrgScope,
): Caller => testCaller({ username, staffId, orgId, permissions, scope })

/** The people of the test bank. `maker` could decide as well, were it not their own. */
export const people = {
  hq: person('hq', 1, units.hq, rolePermissions.hq_operator, scopeOfEveryone),
  maker: person('maker', 2, units.hq, [...rolePermissions.hq_operator, 'approval.decide'], scopeOfEveryone),
  checker: person('checker', 3, units.hq, rolePermissions.approver, scopeOfEveryone),
  branchA: person(
    'branchA',
    4,
    units.branchA,
    rolePermissions.branch_operator,
    below(units.branchA, units.outletA),
  ),
  branchB: person(
    'branchB',
    5,
    units.branchB,
    rolePermissions.branch_operator,
    below(units.branchB, units.outletB),
  ),
  checkerA: person(
    'checkerA',
    6,
    units.branchA,
    rolePermissions.approver,
    below(units.branchA, units.outletA),
  ),
} as const

export type Bank = {
  pg: Postgres
  ch: ClickHouse
  jobs: Jobs
  approvals: Approvals
  campaigns: Campaigns
  delivery: Delivery
  tasks: Tasks
  clock: { now(): Date; set(moment: Date): void; pass(milliseconds: number): void }
  /** A request as this person; JSON answers come parsed. */
  call(caller: Caller, method: 'GET' | 'POST' | 'PUT', url: string, payload?: object): Promise<Answer>
  /** Runs a job to its end, as the worker would. */
  runJob(answer: Answer): Promise<Awaited<ReturnType<Jobs['get']>>>
  /** Brings the platform's own events into the warehouse. */
  ship(): Promise<number>
  addEvents(events: readonly TestEvent[]): Promise<void>
  close(): Promise<void>
}
// biome-ignore lint/suspicious/noExplicitAny: answers are checked by the expectations that read them
export type Answer = { status: number; body: any }
export type TestEvent = { name: string; customerId: number; at?: Date; props?: Record<string, string> }

/** A bank of `customers` on real engines: number n is C-n, of outlet A if n is odd, else of outlet B. */
export async function openBank(customers: number, options: { batchSize?: number } = {}): Promise<Bank> {
  const [{ pg, drop }, opened] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { ch } = opened
  let now = startOfTest
  const clock = {
    now: () => now,
    set: (moment: Date) => {
      now = moment
    },
    pass: (milliseconds: number) => {
      now = new Date(now.getTime() + milliseconds)
    },
  }
  await seed(pg, ch, customers)
  const audit = createAudit({ pg, clock })
  const jobs = createJobs({ pg, clock, log: () => {} })
  await jobs.migrate()
  const org = createOrg({ pg, clock, audit, timeZone })
  const delivery = createDelivery({ pg, clock, newId: randomUUID })
  const names = { names: async () => new Map() }
  const tasks = createTasks({ pg, clock, audit, customers: names, timeZone })
  const gate = createGate({ pg, clock })
  const rules = createRules({ pg, ch, clock, timeZone })
  const approvals = createApprovals({ pg, clock, audit })
  const campaigns = createCampaigns({
    pg,
    ch,
    clock,
    audit,
    approvals,
    jobs,
    org,
    rules,
    gate,
    delivery,
    tasks,
    timeZone,
    ...options,
  })
  const server = createTestHttp()
  registerApprovalRoutes(server.http, { approvals })
  registerCampaignRoutes(server.http, { campaigns })
  const addEvents = (events: readonly TestEvent[]) => insertEvents(ch, events, now)
  const shipper = createOutboxShipper({ pg, append: (events) => insertOutbox(ch, events) })
  return {
    pg,
    ch,
    jobs,
    approvals,
    campaigns,
    delivery,
    tasks,
    clock,
    async call(caller, method, url, payload) {
      server.as(caller)
      const answer = await server.app.inject({ method, url, ...(payload && { payload }) })
      return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
    },
    async runJob(answer) {
      await jobs.runJob(answer.body.jobId)
      return jobs.get(answer.body.jobId)
    },
    ship: shipper.ship,
    addEvents,
    async close() {
      await server.app.close()
      await Promise.all([drop(), opened.drop()])
    },
  }
}

async function seed(pg: Postgres, ch: ClickHouse, customers: number): Promise<void> {
  await pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ'), ('A'), ('B'), ('A1'), ('B1')`)
  await pg.execute(sql`
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, '{1}', '2020-01-01'), (2, 'A 分行', 'branch', 1, '{1,2}', '2020-01-01'),
      (3, 'B 分行', 'branch', 1, '{1,3}', '2020-01-01'), (4, 'A1 网点', 'outlet', 2, '{1,2,4}', '2020-01-01'),
      (5, 'B1 网点', 'outlet', 3, '{1,3,5}', '2020-01-01')`)
  await pg.execute(sql`
    INSERT INTO staff (staff_no, name, username)
    SELECT 'S-' || n, 'S-' || n, 'staff' || n FROM generate_series(1, 8) AS n`)
  await pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id)
    SELECT n, 'C-' || n, CASE WHEN n % 2 = 1 THEN 4 ELSE 5 END, CASE WHEN n % 2 = 1 THEN 7 ELSE 8 END
    FROM generate_series(1, ${customers}::int) AS n`)
  await pg.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT n, 'marketing', true, '1', 'app', '2026-01-01' FROM generate_series(1, ${customers}::int) AS n`)
  await ch.command(sql`
    INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id, state, ver)
    SELECT n.number + 1, concat('C-', toString(n.number + 1)), if(n.number % 2 = 0, 4, 5), if(n.number % 2 = 0, 7, 8),
      'active', 1 FROM numbers(${typed('UInt64', customers)}) AS n`)
}

async function insertEvents(ch: ClickHouse, events: readonly TestEvent[], now: Date): Promise<void> {
  await ch.insertRows(
    'event',
    events.map(({ name, customerId, at = now, props = {} }) => {
      const time = at.toISOString().replace('T', ' ').replace('Z', '')
      return {
        name,
        customer_id: customerId,
        msg: randomUUID(),
        occurred_at: time,
        received_at: time,
        props,
        ver: 1,
        is_deleted: 0,
      }
    }),
  )
}

/** Stands for the event road: the same message id is the same row. */
async function insertOutbox(ch: ClickHouse, events: readonly OutboxEvent[]): Promise<void> {
  await insertEvents(
    ch,
    events.map((event) => ({
      name: event.name,
      customerId: event.customerId,
      at: event.occurredAt,
      props: Object.fromEntries(
        Object.entries(event.properties).map(([name, value]) => [name, String(value)]),
      ),
    })),
    startOfTest,
  )
}

/** A campaign for customers who did `visited`, with a hold-out and a task a day after the click. */
export const bodyOf = (key: string, change: Partial<CampaignBody> = {}): CampaignBody => ({
  key,
  name: '春季定存',
  objective: { event: 'term_deposit_opened' },
  audience: { did: 'visited' },
  offer: { title: '三年期大额存单', body: '年利率上浮', link: '/products/cd3' },
  rungs: [
    { kind: 'place', slot: 'home_top', inbox: true },
    { kind: 'task', after: { days: 1 }, title: '致电意向客户', dueDays: 3 },
  ],
  holdoutPercent: 20,
  from: '2026-11-01T00:00:00+08:00',
  to: '2026-12-01T00:00:00+08:00',
  ...change,
})

/** Creates, submits and approves a campaign. */
export async function approve(bank: Bank, body: CampaignBody, maker: Caller = people.maker): Promise<void> {
  await bank.call(maker, 'POST', '/api/campaigns', body)
  await bank.call(maker, 'POST', `/api/campaigns/${body.key}/submit`, {})
  const open = await bank.call(people.checker, 'GET', '/api/approvals?state=open')
  const approval = open.body.items.find((one: { objectKey: string }) => one.objectKey === body.key)
  const decision = { contentHash: approval.contentHash }
  await bank.call(people.checker, 'POST', `/api/approvals/${approval.approvalId}/approve`, decision)
}

/** Creates, approves and starts a campaign, and takes it on once. */
export async function run(bank: Bank, body: CampaignBody, maker: Caller = people.maker): Promise<void> {
  await approve(bank, body, maker)
  await bank.runJob(await bank.call(maker, 'POST', `/api/campaigns/${body.key}/start`))
  await bank.campaigns.advance(body.key)
}
