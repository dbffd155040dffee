import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAudit } from '#features/audit/server/index.ts'
import { createOrg } from '#features/org/server/index.ts'
import { nextTaskStates, type Task, type TaskState, taskStates } from '#features/tasks/common/task.ts'
import { createTasks, registerTaskRoutes, type Tasks } from '#features/tasks/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'
import { postgresScope } from '#platform/server/scope-sql.ts'

const start = new Date('2026-11-02T04:00:00Z')
const timeZone = 'Asia/Shanghai'
let pg: Postgres
let drop: () => Promise<void>
let tasks: Tasks
let org: ReturnType<typeof createOrg>
let audit: ReturnType<typeof createAudit>
let now = start
const server = createTestHttp()

/** Staff by what they are; the two branches have one outlet each. */
const people = { hq: 1, branchA: 2, rmA: 3, otherRmA: 4, rmB: 5, newRmA: 6 } as const
type Person = keyof typeof people

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  const clock = { now: () => now }
  audit = createAudit({ pg, clock })
  org = createOrg({ pg, clock, audit, timeZone })
  const customers = {
    async names(scope: Parameters<typeof postgresScope>[0], ids: readonly number[]) {
      const rows = await pg.query<{ customer_id: number }>(sql`
        SELECT c.customer_id FROM customer AS c
        WHERE c.customer_id = ANY(${ids}::bigint[]) AND ${postgresScope(scope, 'c')}`)
      return new Map(rows.map((row) => [row.customer_id, { name: `客${row.customer_id}**` }]))
    },
  }
  tasks = createTasks({ pg, clock, audit, customers, timeZone })
  registerTaskRoutes(server.http, { tasks })
  await seed()
})
afterAll(() => drop())
beforeEach(async () => {
  now = start
  await pg.execute(sql`TRUNCATE task, event_outbox RESTART IDENTITY`)
})

async function seed() {
  await pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ'), ('A'), ('B'), ('A1'), ('B1')`)
  await pg.execute(sql`
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, '{1}', '2020-01-01'), (2, 'A 分行', 'branch', 1, '{1,2}', '2020-01-01'),
      (3, 'B 分行', 'branch', 1, '{1,3}', '2020-01-01'), (4, 'A1', 'outlet', 2, '{1,2,4}', '2020-01-01'),
      (5, 'B1', 'outlet', 3, '{1,3,5}', '2020-01-01')`)
  await pg.execute(sql`
    INSERT INTO staff (staff_no, name, username)
    SELECT 'S-' || p.name, '员工 ' || p.name, p.name FROM unnest(${Object.keys(people)}::text[])
      WITH ORDINALITY AS p (name, nth) ORDER BY p.nth`)
  await pg.execute(sql`
    INSERT INTO post (staff_id, org_id, role, valid_from, valid_to) VALUES
      (1, 1, 'hq_operator', '2020-01-01', NULL), (2, 2, 'branch_operator', '2020-01-01', NULL),
      (3, 4, 'relationship_manager', '2020-01-01', NULL), (4, 4, 'relationship_manager', '2020-01-01', NULL),
      (5, 5, 'relationship_manager', '2020-01-01', NULL), (6, 5, 'relationship_manager', '2020-01-01', '2026-11-02'),
      (6, 4, 'relationship_manager', '2026-11-02', NULL)`)
  // 1 and 4 are rmA's, 2 otherRmA's, 3 rmB's; 5 and 6 nobody's, in A1 and B1.
  await pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id) VALUES
      (1, 'C-1', 4, 3), (2, 'C-2', 4, 4), (3, 'C-3', 5, 5), (4, 'C-4', 4, 3), (5, 'C-5', 4, NULL), (6, 'C-6', 5, NULL)`)
  await pg.execute(sql`
    INSERT INTO campaign (key, name, body, content_hash, owner_org_id, state, created_by, created_at, updated_at)
    SELECT 'c' || n, 'c' || n, '{}', '', 1, 'running', 'hq', now(), now() FROM generate_series(1, 2) AS n`)
}

const day = (days: number) => new Date(start.getTime() + days * 86_400_000)
const create = (customerIds: number[], campaignId = 1, dueAt = day(3)) =>
  pg.transaction((tx) =>
    tasks.createMany(tx, {
      campaignId,
      campaignKey: `c${campaignId}`,
      campaignName: `活动 ${campaignId}`,
      offerTitle: '理财',
      offerBody: '到期承接',
      title: '致电',
      reason: '点击未转化',
      dueAt,
      customerIds,
    }),
  )
const callerOf = async (person: Person) => {
  const caller = await org.callers.find(people[person])
  if (!caller) throw new Error(`${person} holds no post`)
  return caller
}
const call = async (person: Person, method: 'GET' | 'PATCH', url: string, payload?: object) => {
  server.as(await callerOf(person))
  return server.app.inject({ method, url, ...(payload ? { payload } : {}) })
}
const list = async (person: Person, query = '') =>
  (await call(person, 'GET', `/api/tasks${query}`)).json() as { items: Task[]; nextCursor: string | null }
const numbers = async (person: Person, query = '') =>
  (await list(person, query)).items.map((task) => task.customerNo)
const taskOf = async (customerId: number) =>
  (
    await pg.first<{ id: number }>(
      sql`SELECT t.task_id AS id FROM task AS t WHERE t.customer_id = ${customerId}`,
    )
  )?.id ?? 0
const work = async (person: Person, customerId: number, state: TaskState, note = '', from?: TaskState) => {
  const url = `/api/tasks/${await taskOf(customerId)}`
  const answer = await call(person, 'PATCH', url, { state, note, ...(from ? { from } : {}) })
  return answer.statusCode === 200 ? (answer.json().state as string) : (answer.json().code as string)
}
const outbox = () =>
  pg.query<{ name: string; message_id: string; customer_id: number; properties: Record<string, unknown> }>(
    sql`SELECT o.name, o.message_id, o.customer_id, o.properties FROM event_outbox AS o ORDER BY o.outbox_id`,
  )

describe('making', () => {
  test('gives each task to the RM of the customer, or to the pool of the unit, once a campaign', async () => {
    expect(await create([1, 5, 1, 999])).toBe(2)
    expect(await create([1, 3, 5])).toBe(1)
    expect(await create([1], 2)).toBe(1)
    const rows = await pg.query(sql`
      SELECT t.customer_id, t.org_id, t.staff_id, t.state FROM task AS t WHERE t.campaign_id = 1 ORDER BY 1`)
    expect(rows).toEqual([
      { customer_id: 1, org_id: 4, staff_id: 3, state: 'open' },
      { customer_id: 3, org_id: 5, staff_id: 5, state: 'open' },
      { customer_id: 5, org_id: 4, staff_id: null, state: 'open' },
    ])
    expect((await outbox()).slice(0, 2)).toEqual([
      {
        name: 'lead_created',
        message_id: `lead-${await taskOf(1)}-created`,
        customer_id: 1,
        properties: { lead: '1', org: 4, staff: 3, campaign: 'c1' },
      },
      {
        name: 'lead_created',
        message_id: `lead-${await taskOf(5)}-created`,
        customer_id: 5,
        properties: { lead: '2', org: 4, campaign: 'c1' },
      },
    ])
    expect(await outbox()).toHaveLength(4)
  })

  test('the tasks of an RM who has left go to the pool', async () => {
    await pg.execute(sql`UPDATE staff SET state = 'left' WHERE staff_id = 3`)
    await create([1])
    await pg.execute(sql`UPDATE staff SET state = 'active' WHERE staff_id = 3`)
    expect((await pg.first<{ s: unknown }>(sql`SELECT t.staff_id AS s FROM task AS t`))?.s).toBeNull()
  })

  test('cancelling ends what is not finished, for all or for some', async () => {
    await create([1, 2, 3, 4])
    await work('rmA', 1, 'won', '已购买')
    const cancel = (ids?: number[]) => pg.transaction((tx) => tasks.cancelOpen(tx, 1, ids))
    expect([await cancel([1, 2]), await cancel(), await cancel()]).toEqual([1, 2, 0])
    expect(await work('rmA', 4, 'accepted')).toBe('TASK_STEP_INVALID')
    const closed = (await outbox()).filter((event) => event.name === 'lead_closed')
    expect(closed.map((event) => event.properties.outcome)).toEqual([
      'won',
      'cancelled',
      'cancelled',
      'cancelled',
    ])
  })
})

describe('scope', () => {
  test('an RM sees their own and the pool of their unit, a branch its subtree, head office all', async () => {
    await create([1, 2, 3, 4, 5, 6])
    expect(await numbers('rmA')).toEqual(['C-1', 'C-4', 'C-5'])
    expect(await numbers('otherRmA')).toEqual(['C-2', 'C-5'])
    expect(await numbers('rmB')).toEqual(['C-3', 'C-6'])
    // Since today at A1, not at B1 any more.
    expect(await numbers('newRmA')).toEqual(['C-5'])
    expect(await numbers('branchA')).toEqual(['C-1', 'C-2', 'C-4', 'C-5'])
    expect(await numbers('hq')).toHaveLength(6)
    const actives = await Promise.all(
      (['rmA', 'rmB', 'branchA', 'hq'] as const).map(
        async (person) => (await tasks.summary(await callerOf(person))).active,
      ),
    )
    expect(actives).toEqual([3, 2, 4, 6])
  })

  test('what is out of scope does not exist, by id as little as in lists', async () => {
    await create([2, 3])
    for (const customerId of [2, 3]) {
      expect((await call('rmA', 'GET', `/api/tasks/${await taskOf(customerId)}`)).json().code).toBe(
        'TASK_NOT_FOUND',
      )
      expect(await work('rmA', customerId, 'accepted')).toBe('TASK_NOT_FOUND')
    }
    expect((await call('branchA', 'GET', `/api/tasks/${await taskOf(3)}`)).statusCode).toBe(404)
    expect((await call('rmA', 'GET', '/api/tasks/99999')).statusCode).toBe(404)
  })

  test('a name shows only where the customer is in scope, the rest of the task always', async () => {
    await create([1, 5])
    const { items } = await list('rmA')
    expect(items[0]).toEqual({
      taskId: await taskOf(1),
      title: '致电',
      reason: '点击未转化',
      state: 'open',
      note: '',
      dueAt: day(3).toISOString(),
      createdAt: start.toISOString(),
      campaignKey: 'c1',
      campaignName: '活动 1',
      offerTitle: '理财',
      offerBody: '到期承接',
      customerNo: 'C-1',
      customerName: '客1**',
      orgName: 'A1',
      rmName: '员工 rmA',
      isOverdue: false,
    })
    expect(items[1]).toMatchObject({ customerNo: 'C-5', customerName: null, rmName: null })
    expect((await list('branchA')).items[1]?.customerName).toBe('客5**')
  })
})

describe('lists', () => {
  test('show the overdue first, then what is due first, and filter by state and campaign', async () => {
    await create([1], 1, day(2))
    await create([2], 1, day(-1))
    await create([3], 1, day(1))
    await create([4], 2, day(-2))
    await create([5], 1, day(-3))
    await work('rmA', 5, 'accepted')
    await work('rmA', 5, 'lost', '无意向')
    expect(await numbers('hq')).toEqual(['C-4', 'C-2', 'C-5', 'C-3', 'C-1'])
    expect(await numbers('hq', '?state=active')).toEqual(['C-4', 'C-2', 'C-3', 'C-1'])
    expect(await numbers('hq', '?state=done')).toEqual(['C-5'])
    expect(await numbers('hq', '?state=lost&campaign=c1')).toEqual(['C-5'])
    expect(await numbers('hq', '?campaign=c2')).toEqual(['C-4'])
  })

  test('page by page hold every task once, even when some fall due in between', async () => {
    await create([1, 2, 3], 1, day(1))
    await create([4, 5, 6], 1, day(-1))
    await create([1, 2, 3, 4], 2, day(2))
    const whole = (await list('hq')).items.map((task) => task.taskId)
    const seen: number[] = []
    for (let cursor: string | null = ''; cursor !== null; now = new Date(now.getTime() + 40_000_000)) {
      const page: Awaited<ReturnType<typeof list>> = await list(
        'hq',
        `?limit=3${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...page.items.map((task) => task.taskId))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(whole)
    expect(seen).toHaveLength(10)
  })

  test('refuse a cursor that is not theirs', async () => {
    for (const key of [
      ['a', 1, 2, 3],
      [1e300, 0, 0, 1],
      [1, 2],
      [9e15, 0, 0, 1],
    ]) {
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url')
      const answer = await call('hq', 'GET', `/api/tasks?cursor=${cursor}`)
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'CURSOR_INVALID'])
    }
  })

  test('the summary counts what is to do, what is late and what was done on the bank’s day', async () => {
    await create([1, 4], 1, day(-1))
    await create([1, 4, 5], 2, day(1))
    now = new Date('2026-11-02T15:59:59Z')
    await work('rmA', 1, 'won', '已购买')
    expect((await call('rmA', 'GET', '/api/tasks/summary')).json()).toEqual({
      active: 4,
      overdue: 1,
      doneToday: 1,
    })
    // Midnight in Shanghai.
    now = new Date('2026-11-02T16:00:00Z')
    expect((await call('rmA', 'GET', '/api/tasks/summary')).json()).toEqual({
      active: 4,
      overdue: 1,
      doneToday: 0,
    })
  })
})

describe('work', () => {
  test('goes its steps, each with its event and its audit record, never with the note in it', async () => {
    await create([1])
    expect(await work('rmA', 1, 'accepted', '打给 13800001234')).toBe('accepted')
    expect(await work('rmA', 1, 'contacted')).toBe('contacted')
    expect((await list('rmA')).items[0]?.note).toBe('打给 13800001234')
    expect(await work('rmA', 1, 'won', ' 已购买 ')).toBe('won')
    expect((await list('rmA')).items[0]).toMatchObject({ state: 'won', note: '已购买', isOverdue: false })
    expect((await outbox()).map((event) => [event.name, event.properties.outcome])).toEqual([
      ['lead_created', undefined],
      ['lead_accepted', undefined],
      ['lead_contacted', undefined],
      ['lead_closed', 'won'],
    ])
    const { items } = await audit.list({ limit: 3, objectType: 'task' })
    expect(items.map((entry) => [entry.actor, entry.action, entry.after])).toEqual([
      ['rmA', 'task.work', { state: 'won', staffId: 3 }],
      ['rmA', 'task.work', { state: 'contacted', staffId: 3 }],
      ['rmA', 'task.work', { state: 'accepted', staffId: 3 }],
    ])
    expect(JSON.stringify(items)).not.toContain('138')
  })

  test('an end needs a note', async () => {
    await create([1])
    for (const note of ['', '   ']) expect(await work('rmA', 1, 'lost', note)).toBe('TASK_NOTE_MISSING')
    expect(await work('rmA', 1, 'lost', '无意向')).toBe('lost')
  })

  test('belongs to the RM; who only sees it cannot do it', async () => {
    await create([1, 5])
    expect(await work('branchA', 1, 'accepted')).toBe('PERMISSION_MISSING')
    // A branch operator who is an RM elsewhere sees the task, and it is still not theirs.
    await pg.execute(sql`
      INSERT INTO post (staff_id, org_id, role, valid_from) VALUES (2, 5, 'relationship_manager', '2020-01-01')`)
    expect(await work('branchA', 1, 'accepted')).toBe('TASK_NOT_YOURS')
    expect(await work('branchA', 5, 'accepted')).toBe('TASK_NOT_YOURS')
    await pg.execute(sql`DELETE FROM post WHERE staff_id = 2 AND org_id = 5`)
  })

  test('one from the pool is taken by accepting it, and then is nobody else’s', async () => {
    await create([5])
    expect(await work('rmA', 5, 'contacted')).toBe('TASK_NOT_TAKEN')
    expect(await work('rmA', 5, 'accepted')).toBe('accepted')
    expect(await numbers('otherRmA')).toEqual([])
    expect(await work('otherRmA', 5, 'won', '抢')).toBe('TASK_NOT_FOUND')
    expect((await list('rmA')).items[0]?.rmName).toBe('员工 rmA')
  })

  test('two who accept at once: one has it, the other is told', async () => {
    await create([5])
    const taskId = await taskOf(5)
    const callers = await Promise.all((['rmA', 'otherRmA', 'newRmA'] as const).map(callerOf))
    const results = await Promise.allSettled(
      callers.map((caller) => tasks.work(caller, taskId, { state: 'accepted', note: '' })),
    )
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason.code as string] : []))
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    for (const code of refused) expect(['TASK_CHANGED', 'TASK_NOT_FOUND']).toContain(code)
    expect((await outbox()).map((event) => event.name)).toEqual(['lead_created', 'lead_accepted'])
  })

  test('a screen that shows an older state is told', async () => {
    await create([1])
    await work('rmA', 1, 'accepted')
    expect(await work('rmA', 1, 'contacted', '', 'open')).toBe('TASK_CHANGED')
    expect(await work('rmA', 1, 'contacted', '', 'accepted')).toBe('contacted')
  })

  test('any sequence of steps moves exactly as the table of steps says, one event a move', async () => {
    const run = async (steps: TaskState[]) => {
      await pg.execute(sql`TRUNCATE task, event_outbox`)
      await create([1])
      let state: TaskState = 'open'
      let moves = 0
      for (const step of steps) {
        const isAllowed: boolean = nextTaskStates[state].includes(step)
        expect(await work('rmA', 1, step, 'note')).toBe(isAllowed ? step : 'TASK_STEP_INVALID')
        if (isAllowed) {
          state = step
          moves += 1
        }
      }
      expect((await list('rmA')).items[0]?.state).toBe(state)
      const ids = (await outbox()).map((event) => event.message_id)
      expect(new Set(ids).size).toBe(moves + 1)
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...taskStates), { minLength: 1, maxLength: 8 }), run),
      { numRuns: 15 },
    )
  })
})
