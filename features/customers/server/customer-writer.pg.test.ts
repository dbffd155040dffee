import { afterAll, beforeAll, expect, test } from 'vitest'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import {
  branch1,
  branch2,
  headOffice,
  openTestCustomers,
  outletOfBranch1,
  rm1,
  rm2,
} from './customers-testing.ts'
import { createCustomers } from './index.ts'

let t: Awaited<ReturnType<typeof openTestCustomers>>
beforeAll(async () => {
  t = await openTestCustomers()
})
afterAll(() => t?.close())

const nextId = async () =>
  (await t.pg.first<{ next_id: number }>(sql`SELECT a.next_id FROM customer_id_allocator AS a`))?.next_id

const copyOf = async (customerNo: string) =>
  (await t.copies(sql`c.customer_no = ${typed('String', customerNo)}`))[0]

const ownersOf = (customerId: number) =>
  t.pg.query(sql`
    SELECT o.org_id, o.rm_staff_id, o.valid_from, o.valid_to FROM customer_owner AS o
    WHERE o.customer_id = ${customerId} ORDER BY o.valid_from`)

test('a batch written twice has the same dense ids, and the second writing changes nothing', async () => {
  const rows = Array.from({ length: 500 }, (_, index) => ({
    customerNo: `T-${index}`,
    orgId: branch1,
    attributes: { job: `j${index}` },
    identities: [{ kind: 'phone', value: `1380000${String(index).padStart(4, '0')}` }],
  }))
  const first = (await nextId()) ?? 0
  const ids = await t.upsert(rows)
  expect(ids).toEqual(rows.map((_, index) => first + index))
  expect(await t.customers.syncCustomers()).toBe(500)
  expect(await t.upsert(rows)).toEqual(ids)
  expect(await t.customers.syncCustomers()).toBe(0)
  expect(await nextId()).toBe(first + 500)
  expect(await copyOf('T-7')).toMatchObject({
    customer_id: ids[7],
    org_id: branch1,
    attributes: { job: 'j7' },
  })
})

test('rows with one number in a batch are one customer; later rows win field by field', async () => {
  const [one, other] = await t.upsert([
    { customerNo: 'D-1', orgId: branch1, state: 'frozen', attributes: { a: '1', b: '1' } },
    { customerNo: 'D-1', rmStaffId: rm1, attributes: { b: '2' } },
  ])
  expect(other).toBe(one)
  const row = await t.pg.first(sql`
    SELECT c.org_id, c.rm_staff_id, c.state, c.attributes FROM customer AS c WHERE c.customer_id = ${one}`)
  expect(row).toEqual({ org_id: branch1, rm_staff_id: rm1, state: 'frozen', attributes: { a: '1', b: '2' } })
})

test('what a row leaves out stays, null takes the relationship manager away', async () => {
  await t.upsert([
    { customerNo: 'K-1', orgId: branch2, rmStaffId: rm2, state: 'frozen', attributes: { a: '1' } },
  ])
  await t.upsert([{ customerNo: 'K-1', attributes: { b: '2' } }])
  expect(await t.customers.getByNo(scopeOfEveryone, 'K-1')).toMatchObject({
    orgId: branch2,
    rmStaffId: rm2,
    state: 'frozen',
  })
  await t.upsert([{ customerNo: 'K-1', rmStaffId: null }])
  expect(await t.customers.getByNo(scopeOfEveryone, 'K-1')).toMatchObject({ orgId: branch2, rmStaffId: null })
  await t.customers.syncCustomers()
  expect(await copyOf('K-1')).toMatchObject({ rm_staff_id: 0, attributes: { a: '1', b: '2' } })
})

test('a new owner closes the old row; a change on the same day replaces', async () => {
  t.setNow('2026-03-02T04:00:00Z')
  const [id = 0] = await t.upsert([{ customerNo: 'O-1', orgId: branch1, openedOn: '1999-05-01' }])
  await t.upsert([{ customerNo: 'O-1', attributes: { a: '1' } }])
  expect(await ownersOf(id)).toHaveLength(1)
  // 16:30 UTC is the next day at the bank.
  t.setNow('2026-03-04T16:30:00Z')
  await t.upsert([{ customerNo: 'O-1', orgId: branch2 }])
  await t.upsert([{ customerNo: 'O-1', orgId: outletOfBranch1, rmStaffId: rm1 }])
  expect(await ownersOf(id)).toEqual([
    { org_id: branch1, rm_staff_id: null, valid_from: '1999-05-01', valid_to: '2026-03-05' },
    { org_id: outletOfBranch1, rm_staff_id: rm1, valid_from: '2026-03-05', valid_to: null },
  ])
})

test('identifiers are stored encrypted, replaced by kind, and never as attributes', async () => {
  const [id = 0] = await t.upsert([
    {
      customerNo: 'I-1',
      attributes: { mobile: '13911112222', job: 'admin' },
      identities: [{ kind: 'name', value: '张三' }],
    },
  ])
  await t.upsert([{ customerNo: 'I-1', identities: [{ kind: 'name', value: '张三丰' }] }])
  const rows = await t.pg.query<{ kind: string; masked: string; cipher: Buffer; key_version: number }>(sql`
    SELECT x.kind, x.masked, x.cipher, x.key_version FROM customer_identity AS x WHERE x.customer_id = ${id} ORDER BY x.kind`)
  expect(rows.map(({ kind, masked }) => [kind, masked])).toEqual([
    ['name', '张**'],
    ['phone', '139****2222'],
  ])
  expect(rows.map((row) => t.crypto.decrypt(row.cipher, row.key_version))).toEqual(['张三丰', '13911112222'])
  await t.customers.syncCustomers()
  expect((await copyOf('I-1'))?.attributes).toEqual({ job: 'admin' })
})

test.each(['', 'a\u0000b', 'a\nb', 'x'.repeat(65)])(
  'the customer number %j is refused',
  async (customerNo) => {
    await expect(t.upsert([{ customerNo }])).rejects.toMatchObject({ code: 'CUSTOMER_NO_INVALID' })
    expect(await t.customers.resolveCustomerNos([customerNo], { createProvisional: true })).toEqual(new Map())
  },
)

test('two resolvers of the same unknown numbers agree, without a gap, and the warehouse knows them', async () => {
  const numbers = Array.from({ length: 300 }, (_, index) => `P-${index}`)
  const first = (await nextId()) ?? 0
  const other = createCustomers(t.deps)
  const [one, two] = await Promise.all([
    t.customers.resolveCustomerNos(numbers, { createProvisional: true }),
    other.resolveCustomerNos([...numbers].reverse(), { createProvisional: true }),
    t.upsert(numbers.slice(0, 100).map((customerNo) => ({ customerNo, orgId: branch1 }))),
  ])
  expect(one.size).toBe(300)
  expect(new Map([...two].sort())).toEqual(new Map([...one].sort()))
  expect(await nextId()).toBe(first + 300)
  const copies = await t.copies(sql`startsWith(c.customer_no, 'P-')`)
  expect(new Map(copies.map((row) => [row.customer_no, row.customer_id]))).toEqual(new Map([...one]))
})

test('an unknown number is of head office and provisional until the bank names it', async () => {
  expect(await t.customers.resolveCustomerNos(['Q-1'], { createProvisional: false })).toEqual(new Map())
  const ids = await t.customers.resolveCustomerNos(['Q-1', 'Q-1'], { createProvisional: true })
  expect(await t.customers.getByNo(scopeOfEveryone, 'Q-1')).toMatchObject({
    customerId: ids.get('Q-1'),
    orgId: headOffice,
    isProvisional: true,
  })
  expect(await t.upsert([{ customerNo: 'Q-1', orgId: branch2 }])).toEqual([ids.get('Q-1')])
  expect(await t.customers.getByNo(scopeOfEveryone, 'Q-1')).toMatchObject({
    orgId: branch2,
    isProvisional: false,
  })
})

test('merged attributes reach the warehouse; broken text does not stop a batch; identifiers only fill', async () => {
  const [id = 0] = await t.upsert([
    { customerNo: 'M-1', attributes: { a: '1' }, identities: [{ kind: 'phone', value: '13800000001' }] },
  ])
  await t.customers.mergeAttributes([
    { customerId: id, attributes: { b: '1', phone: '13899999999', name: '王五' } },
    { customerId: id, attributes: { b: 'x\u0000y', ['__proto__']: 'z', c: '\ud800' } },
    { customerId: 4_000_000_000, attributes: { a: '1', name: 'nobody' } },
  ])
  const copy = await copyOf('M-1')
  expect(Object.entries(copy?.attributes ?? {}).sort()).toEqual([
    ['__proto__', 'z'],
    ['a', '1'],
    ['b', 'x\ufffdy'],
    ['c', '\ufffd'],
  ])
  expect((await t.customers.detail(scopeOfEveryone, undefined, 'M-1')).identities).toEqual([
    { kind: 'name', masked: '王**' },
    { kind: 'phone', masked: '138****0001' },
  ])
})

test('a crash between the database and the warehouse heals at the next start', async () => {
  await t.upsert([{ customerNo: 'C-1', orgId: branch1 }])
  expect(await copyOf('C-1')).toBeUndefined()
  const restarted = createCustomers(t.deps)
  await restarted.start()
  expect(await copyOf('C-1')).toMatchObject({ org_id: branch1 })
  // The copy was written, its mark stayed: copying again does no harm.
  await t.upsert([{ customerNo: 'C-1', orgId: branch2 }])
  await t.pg.execute(sql`INSERT INTO customer_sync SELECT c.customer_id, c.revision FROM customer AS c
    ON CONFLICT DO NOTHING`)
  await Promise.all([restarted.start(), t.customers.syncCustomers()])
  expect(await copyOf('C-1')).toMatchObject({ org_id: branch2 })
  const [counted] = await t.pg.query<{ customers: number; marks: number }>(sql`
    SELECT (SELECT count(*) FROM customer) AS customers, (SELECT count(*) FROM customer_sync) AS marks`)
  expect(await t.copies()).toHaveLength(counted?.customers ?? 0)
  expect(counted?.marks).toBe(0)
})

test('a resolver finishes the copy that another one had only begun', async () => {
  await t.upsert([{ customerNo: 'C-2' }])
  await createCustomers(t.deps).resolveCustomerNos(['C-2'], { createProvisional: false })
  expect(await copyOf('C-2')).toBeDefined()
})

test('an older copy never replaces a newer one, also when the clock stands still', async () => {
  for (const job of ['a', 'b', 'c']) {
    await t.upsert([{ customerNo: 'V-1', attributes: { job } }])
    await t.customers.syncCustomers()
    expect((await copyOf('V-1'))?.attributes).toEqual({ job })
  }
})

test('another identifier key is refused at start', async () => {
  await t.customers.start()
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 9), provider: 'aes-256-gcm', keyVersion: 1 })
  await expect(createCustomers({ ...t.deps, crypto }).start()).rejects.toMatchObject({
    code: 'FIELD_KEY_WRONG',
  })
})
