import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from '#features/audit/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { registerListRoutes } from '#features/lists/server/list-routes.ts'
import { createLists } from '#features/lists/server/lists.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let now = new Date('2026-03-10T17:30:00Z')
const clock = { now: () => now }
const branch: OrgScope = { everyone: false, orgIds: [2], rmStaffId: null }

async function open() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO'), ('B') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, ARRAY[1], DATE '2000-01-01'), (2, '分行', 'branch', 1, ARRAY[1, 2], DATE '2000-01-01')`)
  const base = { pg, ch, clock, timeZone: 'Asia/Shanghai' }
  const audit = createAudit(base)
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'aes-256-gcm', keyVersion: 1 })
  const customers = createCustomers({ ...base, audit, crypto })
  await pg.transaction((tx) =>
    customers.upsertCustomers(
      tx,
      Array.from({ length: 3000 }, (_, at) => ({
        customerNo: `C${at + 1}`,
        orgId: at % 3 === 0 ? 2 : 1,
        attributes: {},
      })),
    ),
  )
  await customers.syncCustomers()
  const jobs = createJobs({ ...base, log: () => {} })
  await jobs.migrate()
  const lists = createLists({ ...base, audit, jobs })
  const server = createTestHttp()
  registerListRoutes(server.http, { lists })
  await server.app.ready()
  return {
    ...base,
    jobs,
    lists,
    server,
    drop: () => Promise.all([server.app.close(), database.drop(), warehouse.drop()]),
  }
}

let bank: Awaited<ReturnType<typeof open>>
beforeAll(async () => {
  bank = await open()
})
afterAll(() => bank.drop())

async function call(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: object | string | Readable,
) {
  const isFile = typeof body === 'string' || body instanceof Readable
  const answer = await bank.server.app.inject({
    method,
    url,
    ...(body ? { payload: body } : {}),
    ...(isFile ? { headers: { 'content-type': 'text/csv' } } : {}),
  })
  const isJson = answer.headers['content-type']?.toString().includes('json')
  return { status: answer.statusCode, body: isJson ? answer.json() : answer.body }
}

async function upload(key: string, file: string | Readable) {
  const sent = await call('POST', `/api/lists/${key}/upload?name=a.csv`, file)
  expect(sent.status).toBe(202)
  await bank.jobs.runJob(sent.body.jobId)
  expect(await bank.jobs.get(sent.body.jobId)).toMatchObject({ state: 'done', progress: 1 })
  const uploads = await call('GET', `/api/lists/${key}/uploads`)
  return uploads.body.items[0]
}

const create = (key: string) => call('POST', '/api/lists', { key, name: `名单${key}` })
const membersOf = async (key: string) => (await call('GET', `/api/lists/${key}/members?limit=500`)).body.items

test('a file with headings, quotes, repeats and strangers', async () => {
  expect(await create('gold')).toMatchObject({ status: 201, body: { version: 0, members: 0 } })
  expect(await create('gold')).toMatchObject({ status: 409, body: { code: 'LIST_KEY_TAKEN' } })
  const file =
    '\uFEFFcustomerNo,value\r\nC1,"a,""b"""\r\n C2 ,x\r\nC1,second\r\nNOBODY,y\r\n,z\r\n\r\nC3\r\nC4,x,y\r\n=2+3,v\r\n'
  expect(await upload('gold', file)).toMatchObject({
    ...{ version: 1, state: 'done', rows: 8, members: 3, duplicates: 1, rejects: 4, fileName: 'a.csv' },
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(await membersOf('gold')).toEqual([
    { customerNo: 'C1', value: 'a,"b"' },
    { customerNo: 'C2', value: 'x' },
    { customerNo: 'C3', value: '' },
  ])
  const rejects = await call('GET', '/api/lists/gold/uploads/1/rejects')
  expect(rejects.body).toBe(
    "\uFEFFline,customerNo,value,reason\r\n5,NOBODY,y,UNKNOWN\r\n6,,z,NO_CUSTOMER\r\n9,C4,x,TOO_MANY_COLUMNS\r\n10,'=2+3,v,UNKNOWN\r\n",
  )
})

test('a branch names, counts and sees only its own', async () => {
  await create('mixed')
  await upload('mixed', 'C1,a\nC2,b\nC4,c\n')
  bank.server.as(testCaller({ username: 'branch', orgId: 2, scope: branch }))
  expect(await call('GET', '/api/lists/mixed')).toMatchObject({ body: { members: 2 } })
  expect((await membersOf('mixed')).map((one: { customerNo: string }) => one.customerNo)).toEqual([
    'C1',
    'C4',
  ])
  expect(await call('POST', '/api/lists/mixed/upload', 'C1')).toMatchObject({
    status: 403,
    body: { code: 'LIST_NOT_OWN' },
  })
  expect(await call('GET', '/api/lists/mixed/uploads/1/rejects')).toMatchObject({ status: 403 })
  expect(await call('DELETE', '/api/lists/mixed')).toMatchObject({ status: 403 })
  await create('ours')
  expect(await upload('ours', 'C1\nC2\n')).toMatchObject({ members: 1, rejects: 1 })
  bank.server.as(testCaller())
  expect((await membersOf('ours')).map((one: { customerNo: string }) => one.customerNo)).toEqual(['C1'])
})

test('a new file replaces all at once; a run repeated or overtaken changes nothing', async () => {
  await create('moving')
  const first = await call('POST', '/api/lists/moving/upload', 'C1\nC2\n')
  const second = await call('POST', '/api/lists/moving/upload', 'C3\n')
  expect(await membersOf('moving')).toEqual([])
  await bank.jobs.runJob(second.body.jobId)
  await bank.jobs.runJob(first.body.jobId)
  expect((await call('GET', '/api/lists/moving')).body).toMatchObject({ version: 2, members: 1 })
  const again = await bank.jobs.enqueue('list.load', { key: 'moving', version: 2 }, 'hq')
  await bank.jobs.runJob(again)
  expect(await membersOf('moving')).toEqual([{ customerNo: 'C3', value: '' }])
  const actions = await bank.pg.query<{ action: string }>(
    sql`SELECT a.action FROM audit AS a WHERE a.object_type = 'list' AND a.object_id = 'moving' ORDER BY a.seq`,
  )
  expect(actions.map(({ action }) => action)).toEqual([
    'list.create',
    'list.upload',
    'list.upload',
    'list.load',
    'list.load',
  ])
  now = new Date(now.getTime() + 3_600_000)
  await bank.lists.clean()
  const left = await bank.ch.query<{ n: string }>(
    sql`SELECT count() AS n FROM list_member WHERE list = 'moving' AND version = 1`,
  )
  expect(Number(left[0]?.n)).toBe(0)
  expect(await membersOf('moving')).toEqual([{ customerNo: 'C3', value: '' }])
})

test.each<[string, string | Buffer, string]>([
  ['nothing', '\n\n', 'LIST_FILE_EMPTY'],
  ['headings alone', 'customerNo,value\n', 'LIST_FILE_EMPTY'],
  ['open quotes', 'C1,"x\nC2', 'LIST_FILE_BROKEN'],
  ['bytes of another encoding', Buffer.from([0x43, 0x31, 0x2c, 0xd6, 0xd0, 0x0a]), 'LIST_FILE_BROKEN'],
])('refuses %s and keeps the members', async (_name, file, code) => {
  await create('kept')
  await upload('kept', 'C9\n')
  expect(await call('POST', '/api/lists/kept/upload', Readable.from([Buffer.from(file)]))).toMatchObject({
    status: 400,
    body: { code },
  })
  expect(await membersOf('kept')).toEqual([{ customerNo: 'C9', value: '' }])
  expect((await call('GET', '/api/lists/kept/uploads')).body.items[0]).toMatchObject({ state: 'failed' })
})

test('a file that names nobody we know keeps the members and says so', async () => {
  await create('strangers')
  await upload('strangers', 'C9\n')
  expect(await upload('strangers', 'X1\nX2\n')).toMatchObject({ state: 'failed', members: 0, rejects: 2 })
  expect(await membersOf('strangers')).toEqual([{ customerNo: 'C9', value: '' }])
  expect((await call('GET', '/api/lists/strangers/uploads/2/rejects')).body).toContain('X2')
})

test('a stream that breaks off leaves the members', async () => {
  await create('cut')
  await upload('cut', 'C9\n')
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('C1\nC2\n')
      throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
    })(),
  )
  const sent = bank.lists.receive(testCaller(), 'cut', { name: 'x', body: broken })
  await expect(sent).rejects.toMatchObject({ code: 'LIST_UPLOAD_CUT_OFF' })
  expect(await membersOf('cut')).toEqual([{ customerNo: 'C9', value: '' }])
})

test('what is used is not deleted; what is deleted is gone', async () => {
  await create('used')
  let isUsed = true
  bank.lists.addUses(async (key) => (key === 'used' && isUsed ? [{ type: 'tag', key: 't', name: 'T' }] : []))
  expect(await call('DELETE', '/api/lists/used')).toMatchObject({
    status: 409,
    body: { code: 'LIST_IN_USE' },
  })
  expect((await call('GET', '/api/lists/used/uses')).body.items).toHaveLength(1)
  isUsed = false
  expect(await call('DELETE', '/api/lists/used')).toMatchObject({ status: 204 })
  expect(await call('GET', '/api/lists/used')).toMatchObject({ status: 404 })
})

test('a hundred thousand lines stream through, pages go to the end', { timeout: 60_000 }, async () => {
  await create('large')
  const lines = function* () {
    for (let at = 0; at < 100_000; at += 1000)
      yield Buffer.from(
        Array.from({ length: 1000 }, (_, index) => `C${((at + index) % 4000) + 1},${at}`)
          .join('\n')
          .concat('\n'),
      )
  }
  expect(await upload('large', Readable.from(lines()))).toMatchObject({
    rows: 100_000,
    members: 3000,
    duplicates: 72_000,
    rejects: 25_000,
  })
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await call('GET', `/api/lists/large/members?limit=500${cursor ? `&cursor=${cursor}` : ''}`)
    seen.push(...page.body.items.map((one: { customerNo: string }) => one.customerNo))
    cursor = page.body.nextCursor
  }
  expect(new Set(seen).size).toBe(3000)
  expect(seen).toHaveLength(3000)
})

test('kept members and uploads count one row of versions: neither writes into the other', async () => {
  const caller = testCaller()
  const rows = (...ids: number[]) => sql`SELECT arrayJoin(${typed('Array(UInt32)', ids)}) AS customer_id`
  const keep = (key: string, members: Sql) =>
    bank.lists.keep(caller, scopeOfEveryone, { key, name: '留存', description: '' }, members, { of: 'test' })
  await create('turns')
  await upload('turns', 'C1\nC2\n')
  await call('DELETE', '/api/lists/turns')
  expect(await keep('turns', rows(3, 4, 4))).toBe(2)
  expect(await membersOf('turns')).toEqual([
    { customerNo: 'C3', value: '' },
    { customerNo: 'C4', value: '' },
  ])
  expect(await upload('turns', 'C5\n')).toMatchObject({ version: 3, state: 'done', members: 1 })
  expect(await membersOf('turns')).toEqual([{ customerNo: 'C5', value: '' }])
  await expect(keep('turns', rows(1))).rejects.toMatchObject({ code: 'LIST_KEY_TAKEN' })
})

test('a list whose members cannot be found is taken back, and its key is free again', async () => {
  const caller = testCaller()
  const keep = (rows: Sql) =>
    bank.lists.keep(caller, scopeOfEveryone, { key: 'again', name: '再来', description: '' }, rows, {})
  await expect(keep(sql`SELECT nothing AS customer_id FROM customer`)).rejects.toThrow()
  expect((await call('GET', '/api/lists/again')).status).toBe(404)
  const results = await Promise.allSettled(
    [1, 2].map((id) => keep(sql`SELECT toUInt32(${typed('UInt32', id)}) AS customer_id`)),
  )
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await membersOf('again')).toHaveLength(1)
})
