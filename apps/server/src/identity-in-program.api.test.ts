import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseMapping } from '#features/imports/server/index.ts'
import { identifier, sql } from '#platform/common/sql.ts'
import { openTestApp, type TestApp } from './test-app.ts'

/** What follows a customer through the whole program when numbers are merged, split, or told by the bank's own files. */
let bank: TestApp
let folder: string
const ids = new Map<string, number>()
const idOf = (customerNo: string): number => ids.get(customerNo) ?? 0

beforeAll(async () => {
  bank = await openTestApp()
  folder = mkdtempSync(join(tmpdir(), 'zhike-identity-'))
  await seed()
})
afterAll(async () => {
  await bank.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (day: number) => new Date(Date.UTC(2026, 9, day))
const consent = (customerNo: string, purpose: string, isGranted: boolean, day: number) => ({
  ...{ customerId: idOf(customerNo), purpose, isGranted, version: '1', channel: 'app', at: at(day) },
})

/** OLD is in both campaigns, NEW only in the second. */
async function seed(): Promise<void> {
  const { pg, customers, org } = bank.app.parts
  const [unit] = await org.tree.list({ everyone: true, orgIds: [], rmStaffId: null })
  const names = ['OLD', 'NEW']
  await pg.transaction(async (tx) => {
    const made = await customers.upsertCustomers(
      tx,
      names.map((customerNo) => ({ customerNo, orgId: unit?.orgId })),
    )
    for (const [nth, id] of made.entries()) ids.set(names[nth] ?? '', id)
    await customers.setConsents(tx, [
      consent('OLD', 'marketing', false, 20),
      consent('NEW', 'marketing', true, 10),
      consent('OLD', 'research', true, 1),
      consent('NEW', 'research', false, 5),
      consent('OLD', 'profiling', true, 3),
    ])
    await tx.execute(sql`INSERT INTO do_not_contact (customer_id, reason, at)
      VALUES (${idOf('OLD')}::bigint, 'asked at the counter', ${at(2)}::timestamptz)`)
  })
  await pg.execute(sql`
    INSERT INTO campaign (key, name, body, content_hash, owner_org_id, state, created_by, created_at, updated_at)
    SELECT c.key, c.key, '{}', '', ${unit?.orgId}::int, 'running', 'hq', now(), now() FROM (VALUES ('one'), ('two')) AS c(key)`)
  await pg.execute(sql`
    WITH member AS (
      SELECT c.campaign_id, c.key, m.customer_id FROM campaign AS c
      JOIN (VALUES ('one', ${idOf('OLD')}::bigint), ('two', ${idOf('OLD')}::bigint), ('two', ${idOf('NEW')}::bigint))
        AS m(key, customer_id) ON m.key = c.key),
    run AS (INSERT INTO campaign_run (campaign_id, customer_id, arm, is_control, org_id, eligible_at)
      SELECT m.campaign_id, m.customer_id, 'all', false, 1, now() FROM member AS m),
    placed AS (INSERT INTO placement (campaign_id, customer_id, slot, rung, placed_at)
      SELECT m.campaign_id, m.customer_id, 'home_top', 0, now() FROM member AS m),
    todo AS (INSERT INTO task (campaign_id, customer_id, org_id, title, reason, campaign_key, campaign_name, offer_title,
        offer_body, due_at, created_at, updated_at)
      SELECT m.campaign_id, m.customer_id, ${unit?.orgId}::int, 't', 'r', m.key, m.key, 'o', 'b', now(), now(), now() FROM member AS m),
    sent AS (INSERT INTO touch (customer_id, channel, counts_as_message, campaign_id, rung, at, state)
      SELECT m.customer_id, 'inbox', true, m.campaign_id, 0, now(), 'committed' FROM member AS m
      RETURNING touch_id, customer_id, campaign_id)
    INSERT INTO inbox_message (campaign_id, customer_id, touch_id, campaign_key, title, body, link, sent_at)
    SELECT s.campaign_id, s.customer_id, s.touch_id, m.key, 't', 'b', '/', now() FROM sent AS s
    JOIN member AS m ON m.campaign_id = s.campaign_id AND m.customer_id = s.customer_id`)
}

/** Everything of OLD and of NEW, by table, as `campaign key` or what was wished. */
async function holdings() {
  const { pg } = bank.app.parts
  const read = async (
    table: 'task' | 'campaign_run' | 'placement' | 'touch' | 'inbox_message',
    no: string,
  ) => {
    const rows = await pg.query<{ key: string }>(sql`
      SELECT c.key FROM ${identifier(table)} AS t JOIN campaign AS c ON c.campaign_id = t.campaign_id
      WHERE t.customer_id = ${idOf(no)}::bigint ORDER BY 1`)
    return rows.map((row) => row.key).join(' ')
  }
  const of = async (no: string) => {
    const wishes = await pg.query<{ wish: string }>(sql`
      SELECT g.purpose || ' ' || g.is_granted AS wish FROM consent AS g
      WHERE g.customer_id = ${idOf(no)}::bigint ORDER BY 1`)
    const refusal = await pg.first(
      sql`SELECT 1 AS one FROM do_not_contact AS d WHERE d.customer_id = ${idOf(no)}::bigint`,
    )
    return {
      tasks: await read('task', no),
      runs: await read('campaign_run', no),
      placements: await read('placement', no),
      touches: await read('touch', no),
      inbox: await read('inbox_message', no),
      wishes: wishes.map((row) => row.wish),
      mayContact: refusal === undefined,
    }
  }
  return { old: await of('OLD'), new: await of('NEW') }
}

test('leads, sends, messages and wishes follow a merge, once each, and come back with a split', async () => {
  const hq = await bank.as('hq')
  const before = await holdings()
  const merge = { from: 'OLD', to: 'NEW', reason: 'one person by the core bank' }
  expect((await hq('POST', '/api/customers/merge', merge)).body).toMatchObject({ isApplied: true })
  const merged = await holdings()
  expect(merged.new).toEqual({
    // Where the survivor has its own of a campaign, the other's stays: nobody is treated twice.
    ...{ tasks: 'one two', runs: 'one two', placements: 'one two', touches: 'one two', inbox: 'one two two' },
    // Of two statements the newer one counts; a wish not to be contacted is the person's.
    wishes: ['marketing false', 'profiling true', 'research false'],
    mayContact: false,
  })
  expect(merged.old).toMatchObject({
    tasks: 'two',
    runs: 'two',
    placements: 'two',
    touches: 'two',
    inbox: '',
  })
  await hq('POST', '/api/customers/merge', merge)
  expect(await holdings()).toEqual(merged)
  const split = await hq('POST', '/api/customers/OLD/split', { reason: 'two persons after all' })
  expect(split.status).toBe(200)
  expect(await holdings()).toEqual(before)
})

test('what the survivor has wished since the merge stays after a split', async () => {
  const hq = await bank.as('hq')
  const { pg, customers } = bank.app.parts
  await hq('POST', '/api/customers/merge', { from: 'OLD', to: 'NEW', reason: 'one person by the core bank' })
  await pg.transaction((tx) => customers.setConsents(tx, [consent('NEW', 'marketing', true, 25)]))
  await hq('POST', '/api/customers/OLD/split', { reason: 'two persons after all' })
  expect((await holdings()).new.wishes).toEqual(['marketing true', 'research false'])
})

test('events that wait for an id are their customer’s as soon as a file of the bank names it', async () => {
  await bank.send([
    { type: 'track', event: 'scanned', identities: { wecomExternalUserId: 'wm-77' }, messageId: 's1' },
    { type: 'track', event: 'scanned', identities: { phone: '13800009999' }, messageId: 's2' },
  ])
  const scanned = () =>
    bank.app.parts.ch.query(sql`SELECT e.customer_id AS id FROM event AS e FINAL WHERE e.name = 'scanned'`)
  expect(await scanned()).toEqual([])
  const path = join(folder, 'people.csv')
  writeFileSync(path, 'no,tel\nFILE-1,13800009999\n')
  const steps = [{ into: 'customers', customerNo: 'no', identities: { phone: 'tel' } }]
  const mapping = parseMapping({ name: 'people', files: [{ match: '*.csv', steps }] }, 'mapping.json')
  await bank.app.parts.imports.run({ mapping, files: [path], actor: 'tester' })
  const found = await bank.app.parts.pg.first<{ id: number }>(
    sql`SELECT c.customer_id AS id FROM customer AS c WHERE c.customer_no = 'FILE-1'`,
  )
  expect(await scanned()).toEqual([{ id: found?.id }])
})
