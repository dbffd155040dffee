import { createApprovals, registerApprovalRoutes } from '#features/approvals/server/index.ts'
import { createAudit } from '#features/audit/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { registerTagCatalogueRoutes } from '#features/tags/server/catalogue-routes.ts'
import { registerTagRoutes } from '#features/tags/server/tag-routes.ts'
import { createTags } from '#features/tags/server/tags.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'
import { registerJobRoutes } from '#platform/server/job-routes.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

/** Half past one in the morning of the eleventh in Shanghai. */
const startOfTest = new Date('2026-03-10T17:30:00Z')

export const scopeOfBranch: OrgScope = { everyone: false, orgIds: [2], rmStaffId: null }

/** Four customers, two in a branch; ids are 1 to 4. Attributes hold what banks hold: readable and not. */
const people: readonly { customerNo: string; orgId: number; attributes: Record<string, string> }[] = [
  { customerNo: 'A1', orgId: 1, attributes: { age: '34', vip: 'YES', job: 'admin.', opened: '2020-02-29' } },
  {
    customerNo: 'A2',
    orgId: 1,
    attributes: { age: 'unknown', vip: 'unknown', job: "it's", opened: '2021-02-29' },
  },
  {
    customerNo: 'B1',
    orgId: 2,
    attributes: { age: '1e2', vip: 'no', job: 'admin.', opened: '2020-02-28T17:00:00Z' },
  },
  { customerNo: 'B2', orgId: 2, attributes: { age: '34.50' } },
]

const event = (customerId: number, at: string, properties: Record<string, string>, name = 'transfer') => ({
  name,
  customer_id: customerId,
  msg: `00000000-0000-4000-8000-${String(customerId).padStart(4, '0')}${at.replace(/\D/g, '').slice(4, 12)}`,
  occurred_at: at.replace('T', ' '),
  received_at: at.replace('T', ' '),
  visitor: 0,
  source: 'test',
  props: properties,
  ver: 1,
  is_deleted: 0,
})

export const testEvents = [
  event(1, '2026-03-10T10:00:00.000', { amount: '0.1', to: 'x' }),
  event(1, '2026-03-10T11:00:00.000', { amount: '0.2', to: 'y' }),
  event(1, '2026-01-10T17:00:00.000', { amount: 'n/a', to: 'x' }),
  event(3, '2026-03-10T16:30:00.000', { amount: '1000000', to: 'z' }),
]

/** Tags on engines of their own. */
export async function openTestTags() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO'), ('B') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, ARRAY[1], DATE '2000-01-01'), (2, '分行', 'branch', 1, ARRAY[1, 2], DATE '2000-01-01')`)
  let now = startOfTest
  const base = { pg, ch, clock: { now: () => now }, timeZone: 'Asia/Shanghai' }
  const audit = createAudit(base)
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'aes-256-gcm', keyVersion: 1 })
  const customers = createCustomers({ ...base, audit, crypto })
  await pg.transaction((tx) => customers.upsertCustomers(tx, people))
  await customers.syncCustomers()
  await ch.insertRows('event', testEvents)
  await ch.insertRows('event', testEvents)
  const jobs = createJobs({ ...base, log: () => {} })
  await jobs.migrate()
  const rules = createRules(base)
  const approvals = createApprovals({ ...base, audit })
  const tags = createTags({ ...base, audit, approvals, customers, jobs, rules })
  const { app, http, as } = createTestHttp()
  registerTagRoutes(http, { tags })
  registerTagCatalogueRoutes(http, { tags, customers })
  registerApprovalRoutes(http, { approvals })
  registerJobRoutes(http, { jobs })
  await app.ready()
  return {
    ...base,
    jobs,
    rules,
    approvals,
    tags,
    as,
    setNow(moment: string): void {
      now = new Date(moment)
    },
    /** Sends a request; gives status and body. */
    async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) {
      const answer = await app.inject({ method, url, ...(body ? { payload: body } : {}) })
      return { status: answer.statusCode, body: answer.body ? answer.json() : null }
    },
    async close(): Promise<void> {
      await app.close()
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}
