import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CampaignBody } from '#features/campaigns/common/campaign.ts'
import {
  approve,
  type Bank,
  bodyOf,
  openBank,
  people,
  units,
} from '#features/campaigns/server/campaigns-testing.ts'
import type { Caller } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'

let bank: Bank
beforeAll(async () => {
  bank = await openBank(20)
  await bank.addEvents([{ name: 'visited', customerId: 1 }])
  const rule = (json: object) => JSON.stringify(json)
  await bank.pg.execute(sql`
    INSERT INTO tag (key, name, type, source, owner_org_id, created_by, created_at, updated_at) VALUES
      ('job', '{"zh":"职业","en":"Job"}', 'enum', '{"attribute":"job"}', 1, 'hq', now(), now()),
      ('active', '{"zh":"活跃","en":"Active"}', 'bool', '{"rule":{"did":"visited"}}', 1, 'hq', now(), now())`)
  await bank.pg.execute(sql`
    INSERT INTO segment (key, name, rule, owner_org_id, created_by, created_at, updated_at) VALUES
      ('inner', '内', ${rule({
        all: [
          { tag: 'job', is: 'exists' },
          { tag: 'active', is: 'exists' },
        ],
      })}::jsonb, 1, 'hq', now(), now()),
      ('outer', '外', ${rule({ any: [{ segment: 'inner' }, { did: 'visited' }] })}::jsonb, 1, 'hq', now(), now())`)
})
afterAll(() => bank.close())

const create = (who: Caller, body: CampaignBody | object) => bank.call(who, 'POST', '/api/campaigns', body)
const post = (who: Caller, key: string, step: string, payload: object = {}) =>
  bank.call(who, 'POST', `/api/campaigns/${key}/${step}`, payload)
const stateOf = async (key: string) => (await bank.call(people.hq, 'GET', `/api/campaigns/${key}`)).body.state

async function approvalOf(key: string, who: Caller = people.checker) {
  const { body } = await bank.call(who, 'GET', '/api/approvals?limit=200')
  return body.items.find((one: { objectKey: string }) => one.objectKey === key)
}
async function decide(who: Caller, key: string, step: 'approve' | 'reject', more: object = {}) {
  const { approvalId, contentHash } = await approvalOf(key)
  return bank.call(who, 'POST', `/api/approvals/${approvalId}/${step}`, { contentHash, ...more })
}

test('nobody who made the content approves it: neither who submits, nor who wrote, nor in the table', async () => {
  await create(people.maker, bodyOf('own'))
  await bank.call(people.hq, 'PUT', '/api/campaigns/own', bodyOf('own', { name: '改名' }))
  await post(people.hq, 'own', 'submit')
  expect((await approvalOf('own')).mayDecide).toBe(true)
  expect((await approvalOf('own', people.maker)).mayDecide).toBe(false)
  expect(await decide(people.maker, 'own', 'approve')).toMatchObject({
    status: 403,
    body: { code: 'APPROVAL_OWN' },
  })
  expect((await decide(people.hq, 'own', 'approve')).body.code).toBe('PERMISSION_MISSING')
  const asMaker = sql`UPDATE approval SET state = 'approved', checker = maker WHERE object_key = 'own'`
  await expect(bank.pg.execute(asMaker)).rejects.toThrow(/check constraint/)
  expect((await decide(people.checker, 'own', 'approve')).body.state).toBe('approved')
})

test('what is submitted is locked until it is withdrawn or decided', async () => {
  await create(people.maker, bodyOf('locked'))
  await post(people.maker, 'locked', 'submit')
  const change = () =>
    bank.call(people.maker, 'PUT', '/api/campaigns/locked', bodyOf('locked', { holdoutPercent: 5 }))
  expect(await change()).toMatchObject({ status: 409, body: { code: 'CAMPAIGN_STATE' } })
  expect((await post(people.maker, 'locked', 'submit')).status).toBe(409)
  expect((await post(people.maker, 'locked', 'withdraw')).body.state).toBe('draft')
  expect((await decide(people.checker, 'locked', 'approve')).body.code).toBe('APPROVAL_DECIDED')
  expect(await change()).toMatchObject({ status: 200, body: { state: 'draft', version: 4 } })
  await post(people.maker, 'locked', 'submit')
  expect((await decide(people.checker, 'locked', 'reject', { reason: '' })).status).toBe(400)
  expect((await decide(people.checker, 'locked', 'reject', { reason: '对照组太小' })).body).toMatchObject({
    state: 'rejected',
    checker: 'checker',
    reason: '对照组太小',
  })
  expect((await post(people.maker, 'locked', 'start')).status).toBe(409)
  expect((await change()).body).toMatchObject({ state: 'draft', actions: ['edit', 'submit'] })
})

test('changing an approved campaign voids its approval; the next one shows what was approved before', async () => {
  await approve(bank, bodyOf('changed'))
  const same = await bank.call(people.maker, 'PUT', '/api/campaigns/changed', bodyOf('changed'))
  expect(same.body.state).toBe('approved')
  const other = bodyOf('changed', { offer: { title: '五年期', body: '更高', link: '/products/cd5' } })
  const changed = await bank.call(people.maker, 'PUT', '/api/campaigns/changed', other)
  expect(changed.body.state).toBe('draft')
  expect(changed.body.contentHash).not.toBe(same.body.contentHash)
  expect((await post(people.maker, 'changed', 'start')).body.code).toBe('CAMPAIGN_STATE')
  await post(people.maker, 'changed', 'submit')
  expect(await approvalOf('changed')).toMatchObject({
    content: { offer: { title: '五年期' } },
    previousContent: { offer: { title: '三年期大额存单' } },
  })
})

test.each([
  ['segment named by a segment', sql`UPDATE segment SET rule = '{"all":[]}' WHERE key = 'inner'`],
  ['tag named by a segment', sql`UPDATE tag SET source = '{"attribute":"marital"}' WHERE key = 'job'`],
  ['rule of a tag', sql`UPDATE tag SET source = '{"rule":{"did":"left"}}' WHERE key = 'active'`],
  ['segment that is retired', sql`UPDATE segment SET state = 'retired' WHERE key = 'outer'`],
])('a changed %s voids the approval at the start', async (_what, change) => {
  const key = `refers-${crypto.randomUUID()}`
  await bank.pg.transaction(async (tx) => {
    await tx.execute(sql`UPDATE segment SET state = 'active' WHERE key = 'outer'`)
    await tx.execute(sql`UPDATE segment SET rule = '{"all":[{"tag":"job","is":"exists"},{"tag":"active","is":"exists"}]}'
      WHERE key = 'inner'`)
  })
  await approve(bank, bodyOf(key, { audience: { segment: 'outer' } }))
  const { references, content } = await approvalOf(key)
  expect(references.map((one: { kind: string; key: string }) => `${one.kind} ${one.key}`).sort()).toEqual([
    'segment inner',
    'segment outer',
    'tag active',
    'tag job',
  ])
  expect(content.audience).toEqual({ segment: 'outer' })
  expect(await stateOf(key)).toBe('approved')
  await bank.pg.execute(change)
  expect(await post(people.maker, key, 'start')).toMatchObject({
    status: 409,
    body: { code: 'APPROVAL_STALE' },
  })
  expect(await stateOf(key)).toBe('draft')
})

test('what changed between submitting and approving is not approved', async () => {
  await bank.pg.execute(sql`UPDATE segment SET state = 'active' WHERE key = 'outer'`)
  await create(people.maker, bodyOf('late', { audience: { segment: 'outer' } }))
  await post(people.maker, 'late', 'submit')
  await bank.pg.execute(sql`UPDATE segment SET rule = '{"did":"visited"}' WHERE key = 'outer'`)
  expect((await decide(people.checker, 'late', 'approve')).body.code).toBe('APPROVAL_STALE')
  expect(await stateOf('late')).toBe('draft')
  expect((await approvalOf('late')).state).toBe('withdrawn')
  expect(await bank.campaigns.usesOf('segment', 'outer')).toContainEqual({
    type: 'campaign',
    key: 'late',
    name: '春季定存',
  })
  expect(await bank.campaigns.usesOf('tag', 'outer')).toEqual([])
})

test('a branch makes campaigns of its own, reads those of head office, and knows of no other branch', async () => {
  const made = await create(people.branchA, bodyOf('of-a'))
  expect(made.body).toMatchObject({ ownerOrgId: units.branchA, actions: ['edit', 'submit'] })
  await create(people.hq, bodyOf('of-hq'))
  const seen = async (who: Caller) => {
    const { body } = await bank.call(who, 'GET', '/api/campaigns?limit=500')
    return body.items.map((one: { key: string }) => one.key).filter((key: string) => key.startsWith('of-'))
  }
  expect(await seen(people.branchA)).toEqual(['of-hq', 'of-a'])
  expect(await seen(people.branchB)).toEqual(['of-hq'])
  expect(await seen(people.hq)).toEqual(['of-hq', 'of-a'])
  expect((await bank.call(people.branchB, 'GET', '/api/campaigns/of-a')).body.code).toBe('CAMPAIGN_NOT_FOUND')
  expect((await bank.call(people.branchA, 'GET', '/api/campaigns/of-hq')).body.actions).toEqual([])
  expect((await post(people.branchA, 'of-hq', 'submit')).body.code).toBe('CAMPAIGN_NOT_OWN')
  expect((await bank.call(people.branchB, 'PUT', '/api/campaigns/of-a', bodyOf('of-a'))).status).toBe(404)
  await post(people.branchA, 'of-a', 'submit')
  await post(people.hq, 'of-hq', 'submit')
  const waiting = async (who: Caller) =>
    (await bank.call(who, 'GET', '/api/approvals?state=open')).body.items
      .map((one: { objectKey: string }) => one.objectKey)
      .filter((key: string) => key.startsWith('of-'))
  expect(await waiting(people.checkerA)).toEqual(['of-a'])
  expect(await waiting(people.checker)).toEqual(['of-hq', 'of-a'])
  expect((await decide(people.checkerA, 'of-hq', 'approve')).body.code).toBe('APPROVAL_NOT_FOUND')
  expect((await decide(people.checkerA, 'of-a', 'approve')).body.state).toBe('approved')
  expect(await bank.approvals.countOpen(people.checkerA.scopeOf('approval.decide'))).toBe(0)
})

test.each<[string, object, number, string]>([
  ['a key that is taken', bodyOf('own'), 409, 'CAMPAIGN_KEY_TAKEN'],
  ['an unknown segment', bodyOf('x', { audience: { segment: 'nothing' } }), 400, 'RULE_SEGMENT_UNKNOWN'],
  ['an unknown tag', bodyOf('x', { audience: { tag: 'nothing', is: 'exists' } }), 400, 'RULE_TAG_UNKNOWN'],
  ['a NUL in a text', bodyOf('x', { name: 'a\u0000b' }), 400, 'INPUT_INVALID'],
  ['half a surrogate pair deep inside', bodyOf('x', { audience: { did: '\ud800' } }), 400, 'INPUT_INVALID'],
  ['an end before the start', bodyOf('x', { to: '2026-10-01T00:00:00Z' }), 400, 'INPUT_INVALID'],
  ['a task as the first rung', bodyOf('x', { rungs: bodyOf('x').rungs.slice(1) }), 400, 'INPUT_INVALID'],
  [
    'a link of a script',
    bodyOf('x', { offer: { title: 'a', body: 'b', link: 'javascript:alert(1)' } }),
    400,
    'INPUT_INVALID',
  ],
  ['a hold-out of three decimals', bodyOf('x', { holdoutPercent: 0.001 }), 400, 'INPUT_INVALID'],
])('%s is refused', async (_what, body, status, code) => {
  expect(await create(people.maker, body)).toMatchObject({ status, body: { code } })
})

test('the key is fixed, a foreign cursor refused, and a campaign past its end neither submitted nor started', async () => {
  const other = await bank.call(people.hq, 'PUT', '/api/campaigns/of-hq', bodyOf('else'))
  expect(other).toMatchObject({ status: 400, body: { code: 'CAMPAIGN_KEY_FIXED' } })
  const cursor = Buffer.from(JSON.stringify(["1' OR"])).toString('base64url')
  const foreign = await bank.call(people.hq, 'GET', `/api/campaigns?cursor=${cursor}`)
  expect(foreign.body.code).toBe('CURSOR_INVALID')
  await create(people.maker, bodyOf('over', { to: '2026-11-01T08:00:00Z' }))
  expect((await post(people.maker, 'over', 'submit')).body.code).toBe('CAMPAIGN_OVER')
})
