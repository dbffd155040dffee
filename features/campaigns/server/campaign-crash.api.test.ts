import { afterAll, beforeAll, expect, test } from 'vitest'
import { armOf, bucketOf } from '#features/campaigns/common/assignment.ts'
import { approve, type Bank, bodyOf, openBank, people } from '#features/campaigns/server/campaigns-testing.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** More than two batches, so that a crash can fall between two of them. */
const customers = 1200
const hourMs = 3_600_000
let bank: Bank

beforeAll(async () => {
  bank = await openBank(customers, { batchSize: 500 })
  await addEvents('visited', 1, 1100)
})
afterAll(() => bank.close())

/** The same event for each customer of a range. */
const addEvents = (name: string, from: number, to: number, campaign = '') =>
  bank.ch.command(sql`
    INSERT INTO event (name, customer_id, msg, occurred_at, received_at, props, ver)
    SELECT ${typed('String', name)}, n.number + ${typed('UInt32', from)}, generateUUIDv4(),
      ${typed("DateTime64(3, 'UTC')", bank.clock.now())}, ${typed("DateTime64(3, 'UTC')", bank.clock.now())},
      map('campaign', ${typed('String', campaign)}), 1
    FROM numbers(${typed('UInt64', to - from + 1)}) AS n`)

/** Once there are `touches` touches, whoever inserts into a table fails, or loses the connection as by kill -9. */
async function failInserts(table: Sql, how: 'raise' | 'kill', touches = 0) {
  await bank.pg.execute(sql`
    CREATE OR REPLACE FUNCTION fail_insert() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) FROM touch) < TG_ARGV[1]::bigint THEN RETURN NULL; END IF;
      IF TG_ARGV[0] = 'raise' THEN RAISE EXCEPTION 'out of order'; END IF;
      PERFORM pg_terminate_backend(pg_backend_pid());
      RETURN NULL;
    END $$`)
  const call: Sql = { kind: 'sql', text: [`fail_insert('${how}', ${touches})`], values: [] }
  await bank.pg.execute(sql`
    CREATE TRIGGER fail_insert AFTER INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${call}`)
  return () => bank.pg.execute(sql`DROP TRIGGER fail_insert ON ${table}`)
}

const count = async (statement: Sql) => (await bank.pg.first<{ count: number }>(statement))?.count
const start = async () => bank.runJob(await bank.call(people.maker, 'POST', '/api/campaigns/crash/start'))
const isHeld = (id: number) => armOf(bucketOf('crash', `C-${id}`), 20) === 'holdout'
const audience = Array.from({ length: 1100 }, (_, index) => index + 1)

test('a start that dies after the audience was fixed goes on with the same audience', async () => {
  await approve(bank, bodyOf('crash'))
  // An evaluation that died half-way: never published, so never read.
  await bank.ch.insertRows('campaign_member', [
    {
      campaign_id: 1,
      start_id: 999,
      customer_id: 1199,
      arm: 'treatment',
      is_control: 0,
      eligible_at: '2026-11-02 04:00:00',
      ver: 1,
    },
  ])
  const mend = await failInserts(sql`campaign_run`, 'raise')
  expect((await start()).state).toBe('failed')
  const { body } = await bank.call(people.maker, 'GET', '/api/campaigns/crash')
  expect(body).toMatchObject({
    state: 'approved',
    actions: ['start'],
    lastError: 'Something failed here. It has been logged.',
  })
  for (const step of ['withdraw', 'submit']) {
    expect((await bank.call(people.maker, 'POST', `/api/campaigns/crash/${step}`, {})).status).toBe(409)
  }
  await mend()
  const mendAgain = await failInserts(sql`campaign_run`, 'kill')
  expect((await start()).state).toBe('failed')
  await mendAgain()
  await addEvents('visited', 1101, 1150)
  bank.clock.pass(60_000)
  expect(await start()).toMatchObject({ state: 'done', result: { eligible: 1100 } })
  // And once more, as a queue does that could not note the end.
  expect(await start()).toMatchObject({ state: 'done', result: { eligible: 1100 } })
  expect(await count(sql`SELECT count(*) FROM campaign_run`)).toBe(1100)
})

test('every customer is in the arm that anyone can compute, in both engines', async () => {
  const expected = audience.filter(isHeld)
  const held = await bank.pg.query<{ customer_id: number }>(
    sql`SELECT r.customer_id FROM campaign_run AS r WHERE r.is_control AND r.arm = 'holdout' ORDER BY r.customer_id`,
  )
  expect(held.map((row) => row.customer_id)).toEqual(expected)
  const members = await bank.ch.query<{ customerId: number }>(sql`
    SELECT m.customer_id AS customerId FROM campaign_member AS m FINAL
    WHERE m.is_control = 1 AND m.start_id != 999 ORDER BY customerId`)
  expect(members.map((row) => row.customerId)).toEqual(expected)
})

test('an advance that dies between batches is finished by the next; two at once double nothing', async () => {
  const mend = await failInserts(sql`touch`, 'kill', 1500)
  await expect(bank.campaigns.advance('crash')).rejects.toThrow()
  const placedBefore = await count(sql`SELECT count(*) FROM placement`)
  expect(placedBefore).toBeGreaterThan(0)
  expect(placedBefore).toBeLessThan(800)
  await mend()
  const results = await Promise.all([1, 2, 3].map(() => bank.campaigns.advance('crash')))
  const treated = audience.length - audience.filter(isHeld).length
  expect(results.reduce((sum, one) => sum + one.placed, placedBefore ?? 0)).toBe(treated)
  expect(await count(sql`SELECT count(*) FROM placement`)).toBe(treated)
  expect(await count(sql`SELECT count(*) FROM inbox_message`)).toBe(treated)
  expect(await count(sql`SELECT count(DISTINCT customer_id) FROM inbox_message`)).toBe(treated)
  expect(await count(sql`SELECT count(*) FROM touch WHERE state <> 'committed'`)).toBe(0)
})

test('tasks are made once each after a crash, and none for a hold-out who clicked', async () => {
  await addEvents('slot_clicked', 1, 900, 'crash')
  bank.clock.pass(25 * hourMs)
  const treated = audience.filter((id) => id <= 900 && !isHeld(id)).length
  const touches = (await count(sql`SELECT count(*) FROM touch`)) ?? 0
  const mend = await failInserts(sql`task`, 'kill', touches + 600)
  await expect(bank.campaigns.advance('crash')).rejects.toThrow()
  await mend()
  await Promise.all([1, 2].map(() => bank.campaigns.advance('crash')))
  await bank.campaigns.advance('crash')
  expect(await count(sql`SELECT count(*) FROM task`)).toBe(treated)
  const touched = await count(sql`
    SELECT count(*) FROM campaign_run AS r WHERE r.is_control AND (
      EXISTS (SELECT FROM touch AS t WHERE t.customer_id = r.customer_id)
      OR EXISTS (SELECT FROM placement AS t WHERE t.customer_id = r.customer_id)
      OR EXISTS (SELECT FROM inbox_message AS t WHERE t.customer_id = r.customer_id)
      OR EXISTS (SELECT FROM task AS t WHERE t.customer_id = r.customer_id))`)
  expect(touched).toBe(0)
})
