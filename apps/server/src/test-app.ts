import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StaffInput } from '#features/org/server/index.ts'
import type { Role } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { readConfig } from '#platform/server/config.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'
import { type App, composeApp } from './compose.ts'

type Answer = { status: number; body: Record<string, unknown>; text: string }
type Call = (method: string, url: string, payload?: object) => Promise<Answer>

export type TestApp = {
  app: App
  /** Time of the whole program; tests move it. */
  clock: { now(): Date; shift(byMs: number): void; set(moment: Date): void }
  /** Speaks to the API as one of the people below. */
  as(username: string): Promise<Call>
  /** Sends events with the trusted key and waits until they count. */
  send(batch: object[]): Promise<Answer>
  runJob(answer: Answer): Promise<void>
  close(): Promise<void>
}

/** People of the test bank: a head office, branches B1 and B2, an outlet each, an RM each. */
const people: readonly [username: string, orgCode: string, role: Role][] = [
  ['hq', 'HQ', 'hq_operator'],
  ['checker', 'HQ', 'approver'],
  ['admin', 'HQ', 'system_admin'],
  ['security', 'HQ', 'security_admin'],
  ['auditor', 'HQ', 'auditor'],
  ['branch1', 'B1', 'branch_operator'],
  ['branch2', 'B2', 'branch_operator'],
  ['rm1', 'O1', 'relationship_manager'],
  ['rm2', 'O2', 'relationship_manager'],
]

async function seedOrg({ parts }: App): Promise<void> {
  await parts.pg.transaction(async (tx) => {
    await parts.org.tree.upsertMany(
      tx,
      [
        { code: 'HQ', name: '总行', kind: 'head_office', parentCode: null },
        { code: 'B1', name: '一分行', kind: 'branch', parentCode: 'HQ' },
        { code: 'O1', name: '一分行营业部', kind: 'outlet', parentCode: 'B1' },
        { code: 'B2', name: '二分行', kind: 'branch', parentCode: 'HQ' },
        { code: 'O2', name: '二分行营业部', kind: 'outlet', parentCode: 'B2' },
      ],
      '2020-01-01',
    )
    const staff = people.map(
      ([username, orgCode, role]): StaffInput => ({
        staffNo: username,
        name: username,
        username,
        orgCode,
        role,
      }),
    )
    await parts.org.staff.upsertMany(tx, staff, { day: '2020-01-01' })
    await tx.execute(sql`
      WITH added AS (INSERT INTO source (source, kind) VALUES ('test', 'trusted'), ('web', 'public'))
      INSERT INTO write_key (key, source) VALUES ('trusted', 'test'), ('public', 'web')`)
  })
}

/** The whole program on test engines, with a small org and no customers; jobs run when the test says so. */
export async function openTestApp(
  now = new Date('2026-11-02T04:00:00Z'),
  openWarehouse: (pg: Postgres) => ReturnType<typeof openTestClickHouse> = () => openTestClickHouse(),
): Promise<TestApp> {
  const dir = mkdtempSync(join(tmpdir(), 'zhike-app-'))
  const database = await createTestDatabase()
  const warehouse = await openWarehouse(database.pg)
  let current = now
  const clock = {
    now: () => current,
    shift: (byMs: number) => {
      current = new Date(current.getTime() + byMs)
    },
    set: (moment: Date) => {
      current = moment
    },
  }
  const config = {
    ...readConfig({}),
    dataDir: dir,
    demoCustomers: 0,
    logLevel: 'error' as const,
    roles: ['collect', 'api'] as const,
  }
  const engines = { pg: database.pg, ch: warehouse.ch, areEmbedded: false, close: async () => undefined }
  const app = await composeApp({
    config,
    engines,
    clock,
    isOperator: (request) => request.headers.authorization === 'Bearer operator',
  })
  await seedOrg(app)
  await app.start(() => undefined)
  app.markReady()

  const inject = async (
    method: string,
    url: string,
    headers: Record<string, string>,
    payload?: object,
  ): Promise<Answer> => {
    const answer = await app.http.inject({
      method: method as 'GET',
      url,
      headers,
      ...(payload ? { payload } : {}),
    })
    const isJson = String(answer.headers['content-type'] ?? '').includes('json')
    return {
      status: answer.statusCode,
      text: answer.body,
      body: isJson ? (answer.json() as Record<string, unknown>) : {},
    }
  }
  const tokens = new Map<string, string>()
  return {
    app,
    clock,
    async as(username) {
      let token = tokens.get(username)
      if (!token) {
        const person = await app.parts.org.staff.findByUsername(username)
        if (!person) throw new Error(`No test user ${username}`)
        token = (await app.parts.org.sessions.createToken(username, person.staffId, 'test', 366)).token
        tokens.set(username, token)
      }
      const headers = { authorization: `Bearer ${token}` }
      return (method, url, payload) => inject(method, url, headers, payload)
    },
    async send(batch) {
      const headers = { authorization: `Basic ${Buffer.from('trusted:').toString('base64')}` }
      const answer = await inject('POST', '/v1/batch', headers, { batch })
      await app.parts.ingest.flush()
      return answer
    },
    async runJob(answer) {
      if (answer.status !== 202) throw new Error(`Not a job: ${answer.status} ${answer.text}`)
      await app.parts.jobs.runJob(String(answer.body.jobId))
      const job = await app.parts.jobs.get(String(answer.body.jobId))
      if (job.state !== 'done') throw new Error(`${job.kind} ${job.state}: ${job.error?.detail}`)
    },
    async close() {
      await app.http.close()
      await app.stop()
      await warehouse.drop()
      await database.drop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
