import { createAudit } from '#features/audit/server/index.ts'
import { createCustomers } from '#features/customers/server/customers.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

/** Org units and staff of the tests: head office 1 over branches 2 and 3, an RM in each branch. */
const people = sql`
  WITH unit AS (
    INSERT INTO org_unit (code) SELECT c FROM unnest(ARRAY['HO', 'B1', 'B2', 'B1-1']) AS c RETURNING org_id
  ), version AS (
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from)
    SELECT * FROM (VALUES
      (1, '总行', 'head_office', NULL::int, ARRAY[1], DATE '2000-01-01'),
      (2, '一分行', 'branch', 1, ARRAY[1, 2], DATE '2000-01-01'),
      (3, '二分行', 'branch', 1, ARRAY[1, 3], DATE '2000-01-01'),
      (4, '一支行', 'outlet', 2, ARRAY[1, 2, 4], DATE '2000-01-01')) AS v
  )
  INSERT INTO staff (staff_no, name) VALUES ('S1', '李经理'), ('S2', '王经理')`

export const headOffice = 1
export const branch1 = 2
export const branch2 = 3
export const outletOfBranch1 = 4
export const rm1 = 1
export const rm2 = 2

export const scopeOfBranch1: OrgScope = {
  everyone: false,
  orgIds: [branch1, outletOfBranch1],
  rmStaffId: null,
}
export const scopeOfRm2: OrgScope = { everyone: false, orgIds: [], rmStaffId: rm2 }

/** Customers on engines of their own, with a clock the test moves. */
export async function openTestCustomers() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(people)
  let now = new Date('2026-03-02T04:00:00Z')
  const clock = { now: () => now }
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'sm4-ctr-hmac-sm3', keyVersion: 1 })
  const audit = createAudit({ pg, clock })
  const deps = { pg, ch, clock, crypto, audit, timeZone: 'Asia/Shanghai' }
  const customers = createCustomers(deps)
  return {
    ...deps,
    deps,
    customers,
    setNow(moment: string): void {
      now = new Date(moment)
    },
    upsert: (rows: Parameters<typeof customers.upsertCustomers>[1]) =>
      pg.transaction((tx) => customers.upsertCustomers(tx, rows)),
    /** The warehouse's copy by customer number. */
    async copies(condition: Sql = sql`1`) {
      return ch.query<{ customer_id: number; customer_no: string; org_id: number; attributes: object }>(sql`
        SELECT c.* FROM customer AS c FINAL WHERE ${condition} ORDER BY c.customer_id`)
    },
    insertEvent: (customerId: number, name: string, at: string, nth: number, isDeleted = false) =>
      ch.command(sql`
        INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)
        SELECT ${typed('String', name)}, ${typed('UInt32', customerId)},
          reinterpretAsUUID(unhex(substring(hex(SHA256(toString(${typed('UInt32', nth)}))), 1, 32))), ${typed("DateTime64(3, 'UTC')", at)},
          ${typed("DateTime64(3, 'UTC')", at)}, 0, 'test', map('n', toString(${typed('UInt32', nth)})),
          ${typed('UInt64', isDeleted ? 2 : 1)}, ${typed('UInt8', isDeleted ? 1 : 0)}`),
    async close() {
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}
