import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { admin, branch, checker, hq, openTestSegments } from '#features/segments/server/segments-testing.ts'
import { signatureOf } from '#features/segments/server/webhook.ts'
import { sql } from '#platform/common/sql.ts'

let bank: Awaited<ReturnType<typeof openTestSegments>>
type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void
let answer: Answer = (_request, _body, response) => response.writeHead(204).end()
const received: { headers: IncomingMessage['headers']; body: string }[] = []
const simulator = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    received.push({ headers: request.headers, body })
    answer(request, body, response)
  })
})
const secret = 'a secret of the outside system'
let host = ''

const settings = { exportApprovalOver: 4, twoApprovalsOver: 5, exportHours: 24, privateHosts: [] as string[] }
const movers = { key: 'movers', name: '有转账', rule: { did: 'transfer' } }
const everyone = { key: 'everyone', name: '全体', rule: { all: [] } }

beforeAll(async () => {
  bank = await openTestSegments()
  await new Promise<void>((done) => simulator.listen(0, '127.0.0.1', done))
  host = `127.0.0.1:${(simulator.address() as AddressInfo).port}`
  for (const one of [movers, everyone]) await bank.call('POST', '/api/segments', one)
  bank.as(admin)
  expect(
    (await bank.call('PUT', '/api/segment-settings', { ...settings, privateHosts: [host] })).status,
  ).toBe(200)
})
beforeEach(() => {
  bank.as(hq)
  answer = (_request, _body, response) => response.writeHead(204).end()
  received.length = 0
})
afterAll(async () => {
  simulator.closeAllConnections()
  simulator.close()
  await bank.close()
})

const event = (name: string, customerId: number, nth: number) => ({
  ...{ name, customer_id: customerId, visitor: 0, source: 'zhike', ver: 1, is_deleted: 0 },
  msg: `10000000-0000-4000-8000-${String(customerId * 1000 + nth).padStart(12, '0')}`,
  occurred_at: `2026-03-10 17:${String(20 + nth).padStart(2, '0')}:00.000`,
  received_at: '2026-03-10 17:29:00.000',
  props: { segment: 'movers', version: '1' },
})

async function snapshot(name: string): Promise<number> {
  const { status, body } = await bank.call('POST', '/api/segments/movers/snapshots', { name })
  expect(status).toBe(202)
  await bank.jobs.runJob(body.jobId)
  return body.snapshotId
}

test('snapshots stay as they were; their differences are entered, left and stayed, in scope', async () => {
  const first = await snapshot('三月')
  await bank.ch.insertRows('event', [
    {
      ...event('transfer', 5, 1),
      props: { amount: '9' },
    },
  ])
  const second = await snapshot('四月')
  const { body } = await bank.call('GET', '/api/segments/movers/snapshots')
  expect(body.items).toMatchObject([
    { name: '四月', count: 4, state: 'ready' },
    { name: '三月', count: 3, state: 'ready' },
  ])
  const difference = (part: string, to: number | 'now') =>
    bank.call('GET', `/api/segment-snapshots/${first}/difference?to=${to}&part=${part}`)
  expect((await difference('entered', second)).body).toMatchObject({
    ...{ entered: 1, left: 0, stayed: 3 },
    items: [{ customerNo: 'C5', name: '张**' }],
  })
  await bank.call('PUT', '/api/segments/movers', {
    ...movers,
    key: undefined,
    rule: { did: 'transfer', count: { is: 'gte', value: 2 } },
  })
  expect((await difference('left', 'now')).body).toMatchObject({
    entered: 0,
    left: 1,
    stayed: 2,
    items: [{ customerNo: 'C2' }],
  })
  bank.as(branch)
  expect((await difference('stayed', second)).body).toMatchObject({
    entered: 1,
    stayed: 1,
    items: [{ customerNo: 'C4' }],
  })
  expect((await bank.call('GET', '/api/segments/movers/snapshots')).body.items[0].count).toBe(2)
  expect((await bank.call('DELETE', `/api/segment-snapshots/${first}`)).body.code).toBe('SEGMENT_NOT_YOURS')
  bank.as(hq)
  await bank.call('PUT', '/api/segments/movers', { ...movers, key: undefined })
})

test('a snapshot becomes a list that rules may name, of the customers whoever made it may see', async () => {
  const id = await snapshot('名单')
  bank.as(branch)
  const made = await bank.call('POST', `/api/segment-snapshots/${id}/list`, { key: 'kept', name: '留存名单' })
  expect(made).toMatchObject({ status: 201, body: { count: 2 } })
  bank.as(hq)
  expect(
    (await bank.call('POST', `/api/segment-snapshots/${id}/list`, { key: 'kept', name: '又一个' })).body.code,
  ).toBe('LIST_KEY_TAKEN')
  expect((await bank.call('POST', '/api/segments/estimate', { rule: { list: 'kept' } })).body.count).toBe(2)
  await bank.call('POST', '/api/segments', {
    key: 'on-list',
    name: '名单上',
    rule: { not: { list: 'kept' } },
  })
  bank.as(branch)
  expect((await bank.call('DELETE', '/api/lists/kept')).body).toMatchObject({ code: 'LIST_IN_USE' })
  bank.as(hq)
  await bank.call('DELETE', '/api/segments/on-list')
})

test('what has expired is gone; refreshes and snapshots make a trend', async () => {
  const { body } = await bank.call('POST', '/api/segments/movers/refresh')
  await bank.jobs.runJob(body.jobId)
  const id = await snapshot('短期')
  await bank.call('PUT', `/api/segment-snapshots/${id}`, { name: '短期', expiresAt: '2026-03-10T17:30:00Z' })
  await bank.sharing.snapshots.expire()
  expect((await bank.call('GET', `/api/segment-snapshots/${id}/difference`)).body.code).toBe(
    'SNAPSHOT_NOT_READY',
  )
  const trend = await bank.call('GET', '/api/segments/movers/trend')
  expect(trend.body.isWholeBank).toBe(true)
  expect(trend.body.points).toContainEqual(expect.objectContaining({ count: 4, source: 'refresh' }))
  bank.as(branch)
  const inBranch = (await bank.call('GET', '/api/segments/movers/trend')).body.points
  expect(inBranch.every((point: { source: string }) => point.source === 'snapshot')).toBe(true)
})

const reason = '回访沉睡客户'
const ask = (key: string, body: object = {}) =>
  bank.call('POST', `/api/segments/${key}/exports`, { reason, ...body })
const lines = (text: string) => parse(text, { bom: true }) as string[][]

test('a small file is made at once, masked and marked, for whoever asked, for a time', async () => {
  const asked = await ask('movers', { columns: ['customerNo', 'name', 'org'] })
  expect(asked).toMatchObject({ status: 201, body: { state: 'queued', askedCount: 4 } })
  await bank.jobs.runJob(asked.body.jobId)
  const url = `/api/segment-exports/${asked.body.exportId}/file`
  const file = await bank.inject(url)
  expect(file.headers['content-disposition']).toContain(`movers-${asked.body.exportId}-S1.csv`)
  const [header, ...rows] = lines(file.body)
  expect(header).toEqual(['客户号', '姓名（脱敏）', '机构', '导出水印'])
  expect(rows.map(([no]) => no)).toEqual(['C1', 'C2', 'C4', 'C5'])
  expect(rows[0]?.slice(1, 3)).toEqual(['张**', '总行'])
  expect(rows.every((row) => row[3]?.startsWith(`S1 #${asked.body.exportId} `))).toBe(true)
  bank.as(branch)
  expect((await bank.inject(url)).json()).toMatchObject({ code: 'EXPORT_NOT_YOURS' })
  bank.as(hq)
  const audited = await bank.pg.query<{ action: string }>(sql`
    SELECT a.action FROM audit AS a WHERE a.object_id = 'movers' AND a.action LIKE 'segment.export%' ORDER BY a.seq`)
  expect(audited.map(({ action }) => action)).toEqual([
    'segment.export',
    'segment.export.made',
    'segment.export.fetch',
  ])
  bank.wait(25 * 3_600_000)
  expect((await bank.inject(url)).json()).toMatchObject({ code: 'EXPORT_NOT_READY' })
  await bank.sharing.exports.expire()
  expect(await bank.pg.query(sql`SELECT 1 FROM segment_export_part`)).toEqual([])
  bank.wait(-25 * 3_600_000)
})

const decide = async (key: string | number, kind: 'approve' | 'reject') => {
  bank.as(checker)
  const open = await bank.call('GET', `/api/approvals?state=open&objectKey=${key}`)
  const [{ approvalId, contentHash }] = open.body.items
  return bank.call('POST', `/api/approvals/${approvalId}/${kind}`, { contentHash, reason: '已核对用途' })
}

test('a branch takes its own customers, a large file waits for someone else, a larger one for two', async () => {
  bank.as(branch)
  const own = await ask('everyone')
  expect(own.body).toMatchObject({ state: 'queued', askedCount: 3 })
  await bank.jobs.runJob(own.body.jobId)
  const file = await bank.inject(`/api/segment-exports/${own.body.exportId}/file`)
  expect(
    lines(file.body)
      .slice(1)
      .map(([no]) => no),
  ).toEqual(['C4', 'C5', 'C6'])
  bank.as(hq)
  const large = await ask('everyone')
  expect(large.body).toMatchObject({ state: 'waiting', askedCount: 6, jobId: null })
  const first = await decide(large.body.exportId, 'approve')
  expect(first.body).toMatchObject({ state: 'open', levels: 2 })
  expect((await decide(large.body.exportId, 'approve')).body.code).toBe('APPROVAL_SECOND')
  bank.as(hq)
  expect((await bank.call('GET', `/api/segment-exports/${large.body.exportId}`)).body.state).toBe('waiting')
})

test('a file of more than was asked for is not made, nor one for whoever lost the right', async () => {
  const asked = await ask('movers')
  await bank.ch.insertRows('event', [event('transfer', 3, 2), event('transfer', 6, 2)])
  await bank.jobs.runJob(asked.body.jobId)
  expect((await bank.call('GET', `/api/segment-exports/${asked.body.exportId}`)).body).toMatchObject({
    state: 'failed',
    errorCode: 'EXPORT_GREW',
  })
  expect((await ask('movers', { columns: ['tag:none'] })).body.code).toBe('EXPORT_TAG_UNKNOWN')
  expect((await ask('movers', { reason: 'x' })).status).toBe(400)
  bank.as(checker)
  expect((await ask('movers')).status).toBe(403)
})

test('the larger the audience, the more people approve', async () => {
  expect(await bank.sharing.approvalLevels(1, { all: [] })).toBe(2)
  expect(await bank.sharing.approvalLevels(2, { all: [] })).toBe(1)
})

async function subscribe(name: string): Promise<number> {
  const made = await bank.call('POST', '/api/segments/movers/subscriptions', {
    ...{ name, url: `http://${host}/${name}`, secret, purpose: '同步给企业微信平台' },
  })
  expect(made).toMatchObject({ status: 201, body: { state: 'waiting' } })
  await decide(made.body.subscriptionId, 'approve')
  bank.as(hq)
  return made.body.subscriptionId
}
const stateOf = async (id: number) =>
  (await bank.call('GET', '/api/segments/movers/subscriptions')).body.items.find(
    (one: { subscriptionId: number }) => one.subscriptionId === id,
  )
const tick = async () => {
  await bank.sharing.delivery.tick()
  await bank.sharing.delivery.settled()
}

test('entered and left arrive signed and in order, by customer number only; failures are repeated as the same batch', async () => {
  const id = await subscribe('crm')
  await bank.ch.insertRows('event', [
    event('segment_entered', 1, 1),
    event('segment_entered', 4, 2),
    event('segment_left', 1, 3),
  ])
  answer = (_request, _body, response) => response.writeHead(500).end('no')
  await tick()
  expect(await stateOf(id)).toMatchObject({ failures: 1, lastStatus: 500, state: 'active' })
  // More arrives while it fails: the batch stays what it was.
  await bank.ch.insertRows('event', [event('segment_left', 4, 4)])
  answer = (_request, _body, response) => response.writeHead(204).end()
  await tick()
  expect(received).toHaveLength(1)
  bank.wait(1000)
  await tick()
  expect(received[1]?.body).toBe(received[0]?.body)
  const { headers, body } = received[1] ?? { headers: {}, body: '' }
  const [hookId, timestamp] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])]
  expect(headers['webhook-signature']).toBe(signatureOf(secret, hookId, timestamp, body))
  expect(JSON.parse(body)).toMatchObject({
    id: hookId,
    changes: [
      { customerNo: 'C1', change: 'entered', at: '2026-03-10T17:21:00.000Z' },
      { customerNo: 'C4', change: 'entered', at: '2026-03-10T17:22:00.000Z' },
      { customerNo: 'C1', change: 'left', at: '2026-03-10T17:23:00.000Z' },
    ],
  })
  await tick()
  expect(JSON.parse(received[2]?.body ?? '{}').changes).toMatchObject([{ customerNo: 'C4', change: 'left' }])
  expect(await stateOf(id)).toMatchObject({ failures: 0, deliveredCount: 4, lastError: null })
  const pulled = await bank.call('GET', `/api/segments/movers/changes?subscription=${id}&limit=3`)
  expect(pulled.body).toMatchObject({ items: [], hasMore: false })
  await bank.call('POST', `/api/segment-subscriptions/${id}/end`)
})

test('a slow receiver holds up nobody, a lying one is not believed, a dead one says so and goes on where it stopped', async () => {
  const slow = await subscribe('slow')
  const quick = await subscribe('quick')
  await bank.ch.insertRows('event', [event('segment_entered', 2, 5)])
  let release = () => {}
  answer = (request, _body, response) => {
    if (request.url === '/slow') release = () => response.writeHead(204).end()
    else response.writeHead(204).end()
  }
  await bank.sharing.delivery.tick()
  await expect.poll(async () => (await stateOf(quick)).deliveredCount).toBe(1)
  expect((await stateOf(slow)).deliveredCount).toBe(0)
  await expect.poll(() => received.some(({ body }) => JSON.parse(body).subscription === slow)).toBe(true)
  release()
  await bank.sharing.delivery.settled()
  expect((await stateOf(slow)).deliveredCount).toBe(1)

  await bank.ch.insertRows('event', [event('segment_left', 2, 6)])
  // It says 200 and then nothing of what it promised.
  answer = (_request, _body, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('half', () => response.destroy())
  }
  for (let failure = 0; failure < 14; failure += 1) {
    bank.wait(3_600_000)
    await tick()
  }
  expect(await stateOf(quick)).toMatchObject({ state: 'dead', failures: 14 })
  answer = (_request, _body, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
  received.length = 0
  await tick()
  expect(received).toEqual([])
  answer = (_request, _body, response) => response.writeHead(200).end('ok')
  await bank.call('POST', `/api/segment-subscriptions/${quick}/resume`)
  await tick()
  expect(await stateOf(quick)).toMatchObject({ state: 'active', deliveredCount: 2 })
  expect(bank.errors).toEqual([])
})

test.each([
  'http://example.com/hook',
  'https://127.0.0.1/hook',
  'https://[::1]/hook',
  'https://[::ffff:10.0.0.1]/hook',
  'https://169.254.169.254/latest',
  'https://10.1.2.3/hook',
  'https://2130706433/hook',
  'https://user:pass@example.com/hook',
])('%s is no address for a webhook', async (url) => {
  const body = { name: 'x', url, secret, purpose: '同步给企业微信平台' }
  expect((await bank.call('POST', '/api/segments/movers/subscriptions', body)).body.code).toBe(
    'WEBHOOK_URL_REFUSED',
  )
})
