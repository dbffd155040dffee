import { createAudit } from '#features/audit/server/index.ts'
import { createPlan } from '#features/plan/server/plan.ts'
import { registerPlanRoutes } from '#features/plan/server/plan-routes.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

/** Half past one in the morning of the eleventh in Shanghai. */
const startOfTest = new Date('2026-03-10T17:30:00Z')

export const scopeOfBranch: OrgScope = { everyone: false, orgIds: [2], rmStaffId: null }

/** A plan on engines of its own; `hq` and `checker` are people. */
export async function openTestPlan() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  let now = startOfTest
  const clock = { now: () => now }
  const audit = createAudit({ pg, clock })
  const logged: unknown[] = []
  const deps = {
    ...{ pg, ch, audit, clock, timeZone: 'Asia/Shanghai' },
    findStaff: async (username: string) => (['hq', 'checker'].includes(username) ? {} : undefined),
    log: (error: unknown) => logged.push(error),
  }
  const plan = createPlan(deps)
  await plan.reload()
  const { app, http, as } = createTestHttp()
  registerPlanRoutes(http, { plan })
  await app.ready()
  return {
    ...{ pg, ch, plan, as, audit, logged },
    /** Another process on the same engines. */
    openOther: () => createPlan(deps),
    pass(ms: number): void {
      now = new Date(now.getTime() + ms)
    },
    async addSource(source: string): Promise<void> {
      await pg.execute(sql`INSERT INTO source (source, kind) VALUES (${source}, 'public')`)
      await pg.execute(sql`INSERT INTO write_key (key, source) VALUES (${`key-${source}`}, ${source})`)
    },
    /** Sends a request; gives status and body. */
    async call(method: 'GET' | 'POST' | 'PUT', url: string, body?: object | string) {
      const headers = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
      const answer = await app.inject({ method, url, headers, ...(body ? { payload: body } : {}) })
      const isJson = String(answer.headers['content-type']).includes('json')
      return {
        status: answer.statusCode,
        body: answer.body && isJson ? answer.json() : answer.body,
        headers: answer.headers,
      }
    },
    async close(): Promise<void> {
      await app.close()
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}
