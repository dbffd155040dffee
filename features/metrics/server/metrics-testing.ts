import { createAudit } from '#features/audit/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { registerMetricRoutes } from '#features/metrics/server/metric-routes.ts'
import { createMetrics } from '#features/metrics/server/metrics.ts'
import { createRules } from '#features/rules/server/index.ts'
import { type OrgScope, rolePermissions, scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const caller = (username: string, orgId: number, scope: OrgScope, role: keyof typeof rolePermissions) =>
  testCaller({ username, orgId, scope, permissions: rolePermissions[role], roles: [role] })

export const hq = caller('hq', 1, scopeOfEveryone, 'hq_operator')
/** Of branch 2 with its outlet 3. */
export const branch = caller(
  'branch',
  2,
  { everyone: false, orgIds: [2, 3], rmStaffId: null },
  'branch_operator',
)
export const checker = caller('checker', 1, scopeOfEveryone, 'approver')

/** Eight customers: ids 1 and 2 of head office, 3 to 5 of the branch, 6 and 7 of its outlet, 8 of another branch. */
const orgOf = [1, 1, 2, 2, 2, 3, 3, 4]

export const eventRow = (
  name: string,
  customerId: number,
  nth: number,
  at: string,
  props: Record<string, string> = {},
) => ({
  name,
  customer_id: customerId,
  msg: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`,
  occurred_at: at.replace('T', ' ').replace('Z', ''),
  received_at: at.replace('T', ' ').replace('Z', ''),
  visitor: 0,
  source: 'test',
  props,
  ver: 1,
  is_deleted: 0,
})

export const balanceRow = (customerId: number, klass: string, date: string, amount: string) => ({
  customer_id: customerId,
  class: klass,
  business_date: date,
  currency: 'CNY',
  amount,
  received_at: '2026-01-01 00:00:00.000',
  ver: 1,
})

/** Engines with org units and customers, and what the metrics feature stands on. */
export async function openMetricBank(now = new Date('2026-03-11T17:30:00Z')) {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO'), ('B'), ('O'), ('B2') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, ARRAY[1], DATE '2000-01-01'), (2, '分行', 'branch', 1, ARRAY[1, 2], DATE '2000-01-01'),
      (3, '网点', 'outlet', 2, ARRAY[1, 2, 3], DATE '2000-01-01'), (4, '二分行', 'branch', 1, ARRAY[1, 4], DATE '2000-01-01')`)
  let moment = now
  const base = { pg, ch, clock: { now: () => moment }, timeZone: 'Asia/Shanghai' }
  const audit = createAudit(base)
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'aes-256-gcm', keyVersion: 1 })
  const customers = createCustomers({ ...base, audit, crypto })
  await pg.transaction((tx) =>
    customers.upsertCustomers(
      tx,
      orgOf.map((orgId, index) => ({
        customerNo: `C${index + 1}`,
        orgId,
        attributes: {},
        identities: [{ kind: 'name', value: `张三${index}` }],
      })),
    ),
  )
  await customers.syncCustomers()
  const jobs = createJobs({ ...base, log: () => {} })
  await jobs.migrate()
  return {
    ...base,
    audit,
    customers,
    jobs,
    rules: createRules(base),
    rulesAt: (at: Date) => createRules({ ...base, clock: { now: () => at } }),
    setNow(next: string): void {
      moment = new Date(next)
    },
    drop: async () => {
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}

/** The same with the routes of metrics. */
export async function openTestMetrics() {
  const bank = await openMetricBank()
  const metrics = createMetrics(bank)
  const { app, http, as } = createTestHttp()
  registerMetricRoutes(http, { metrics })
  await app.ready()
  as(hq)
  return {
    ...bank,
    metrics,
    as,
    /** Sends a request; gives status and body. */
    async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) {
      const answer = await app.inject({ method, url, ...(body ? { payload: body } : {}) })
      return { status: answer.statusCode, body: answer.body ? answer.json() : null }
    },
    async close(): Promise<void> {
      await app.close()
      await bank.drop()
    },
  }
}
