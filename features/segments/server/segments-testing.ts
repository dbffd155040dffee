import { createApprovals, registerApprovalRoutes } from '#features/approvals/server/index.ts'
import { createAudit } from '#features/audit/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { createLists, registerListRoutes } from '#features/lists/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { registerSegmentRoutes } from '#features/segments/server/segment-routes.ts'
import { createSegments } from '#features/segments/server/segments.ts'
import { createSegmentSharing } from '#features/segments/server/sharing.ts'
import { registerSegmentSharingRoutes } from '#features/segments/server/sharing-routes.ts'
import { createTags, registerTagRoutes } from '#features/tags/server/index.ts'
import { type OrgScope, rolePermissions, scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const branchScope: OrgScope = { everyone: false, orgIds: [2], rmStaffId: null }
const operator = (
  username: string,
  orgId: number,
  scope: OrgScope,
  role: 'hq_operator' | 'branch_operator' | 'approver' | 'system_admin',
  staffId: number,
) => testCaller({ username, staffId, orgId, scope, permissions: rolePermissions[role], roles: [role] })

export const hq = operator('hq', 1, scopeOfEveryone, 'hq_operator', 1)
export const branch = operator('branch', 2, branchScope, 'branch_operator', 2)
export const checker = operator('checker', 1, scopeOfEveryone, 'approver', 3)
export const admin = operator('admin', 1, scopeOfEveryone, 'system_admin', 4)

const people = Array.from({ length: 6 }, (_, index) => ({
  customerNo: `C${index + 1}`,
  orgId: index < 3 ? 1 : 2,
  attributes: { job: index % 2 ? 'teacher' : 'clerk' },
  identities: [{ kind: 'name', value: `张三丰${index}` }],
}))

const transfer = (customerId: number, nth: number) => ({
  name: 'transfer',
  customer_id: customerId,
  msg: `00000000-0000-4000-8000-${String(customerId * 100 + nth).padStart(12, '0')}`,
  occurred_at: '2026-03-10 10:00:00.000',
  received_at: '2026-03-10 10:00:00.000',
  visitor: 0,
  source: 'test',
  props: { amount: String(nth) },
  ver: 1,
  is_deleted: 0,
})

/** Segments on engines of their own: customers C1 to C3 of head office, C4 to C6 of a branch; C1, C2 and C4 did transfers. */
export async function openTestSegments() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO'), ('B') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, ARRAY[1], DATE '2000-01-01'), (2, '分行', 'branch', 1, ARRAY[1, 2], DATE '2000-01-01')`)
  const time = { ms: Date.parse('2026-03-10T17:30:00Z') }
  const base = { pg, ch, clock: { now: () => new Date(time.ms) }, timeZone: 'Asia/Shanghai' }
  const audit = createAudit(base)
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'aes-256-gcm', keyVersion: 1 })
  const customers = createCustomers({ ...base, audit, crypto })
  await pg.transaction((tx) => customers.upsertCustomers(tx, people))
  await customers.syncCustomers()
  const events = [
    transfer(1, 1),
    transfer(1, 2),
    transfer(2, 1),
    transfer(4, 1),
    transfer(4, 2),
    transfer(4, 3),
  ]
  await ch.insertRows('event', [...events, ...events])
  const jobs = createJobs({ ...base, log: () => {} })
  await jobs.migrate()
  const rules = createRules(base)
  const approvals = createApprovals({ ...base, audit })
  const tags = createTags({ ...base, audit, approvals, customers, jobs, rules })
  const errors: unknown[] = []
  const known = [hq, branch, checker, admin]
  const findCaller = async (staffId: number) => known.find((one) => one.staffId === staffId)
  const segments = createSegments({ ...base, audit, jobs, rules, tags, customers, findCaller })
  const lists = createLists({ ...base, audit, jobs })
  lists.addUses((key) => segments.usesOf('list', key))
  const shared = { ...base, audit, approvals, crypto, jobs, lists, rules, customers, findCaller }
  const sharing = createSegmentSharing({ ...shared, log: (error) => errors.push(error) })
  const { app, http, as } = createTestHttp()
  registerTagRoutes(http, { tags })
  registerSegmentRoutes(http, { segments })
  registerSegmentSharingRoutes(http, { sharing })
  registerApprovalRoutes(http, { approvals })
  registerListRoutes(http, { lists })
  await app.ready()
  as(hq)
  return {
    ...base,
    /** Moves the clock on. */
    wait: (ms: number) => {
      time.ms += ms
    },
    jobs,
    customers,
    segments,
    sharing,
    errors,
    /** Any request, as it comes back. */
    inject: (url: string) => app.inject({ method: 'GET', url }),
    as,
    /** Sends a request; gives status and body. */
    async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) {
      const answer = await app.inject({ method, url, ...(body ? { payload: body } : {}) })
      return { status: answer.statusCode, body: answer.body ? answer.json() : null }
    },
    /** Sends a body as it stands. */
    raw: (url: string, body: string) =>
      app.inject({ method: 'POST', url, payload: body, headers: { 'content-type': 'application/json' } }),
    async close(): Promise<void> {
      await app.close()
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}
