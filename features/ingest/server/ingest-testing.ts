import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { createAudit } from '#features/audit/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import {
  createIngest,
  createIngestOperations,
  registerCollectRoutes,
  registerIdentityRoutes,
  registerIngestOperationRoutes,
  registerIngestRoutes,
} from '#features/ingest/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'
import { registerJobRoutes } from '#platform/server/job-routes.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

export const testNow = '2026-03-02T04:00:00.000Z'
export const trustedKey = 'trusted-key'
export const publicKey = 'public-key'
const issuer = 'https://bank.example'

/** Signs customer tokens as the bank would, or wrongly. */
export async function createBank() {
  const { publicKey: verifying, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwks: JSONWebKeySet = {
    keys: [{ ...(await exportJWK(verifying)), kid: 'k1', alg: 'ES256', use: 'sig' }],
  }
  return {
    jwks,
    sign(
      customerNo: string,
      options: { iat?: number; lifeSeconds?: number; issuer?: string; key?: CryptoKey } = {},
    ): Promise<string> {
      const iat = options.iat ?? Date.parse(testNow) / 1000
      return new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setSubject(customerNo)
        .setIssuer(options.issuer ?? issuer)
        .setIssuedAt(iat)
        .setExpirationTime(iat + (options.lifeSeconds ?? 600))
        .sign(options.key ?? privateKey)
    },
  }
}

const seed = (jwks: JSONWebKeySet) => sql`
  WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO'), ('B1') RETURNING org_id),
  version AS (INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from)
    VALUES (1, '总行', 'head_office', NULL, ARRAY[1], '2000-01-01'),
      (2, '一分行', 'branch', 1, ARRAY[1, 2], '2000-01-01')),
  sources AS (INSERT INTO source (source, kind, jwks, token_issuer) VALUES
    ('core', 'trusted', NULL, NULL), ('app', 'public', ${JSON.stringify(jwks)}::jsonb, ${issuer}))
  INSERT INTO write_key (key, source) VALUES (${trustedKey}, 'core'), (${publicKey}, 'app')`

/** The whole feature on engines of its own, with a clock the test moves and a process that can be restarted. */
export async function openTestIngest() {
  const [database, warehouse, bank] = await Promise.all([
    createTestDatabase(),
    openTestClickHouse(),
    createBank(),
  ])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(seed(bank.jwks))
  const dataDir = mkdtempSync(join(tmpdir(), 'zhike-ingest-'))
  let now = new Date(testNow)
  const clock = { now: () => now }
  const audit = createAudit({ pg, clock })
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 1), provider: 'aes-256-gcm', keyVersion: 1 })
  const logged: string[] = []
  const log = (_error: unknown, message: string) => void logged.push(message)
  const start = async () => {
    const customers = createCustomers({ pg, ch, clock, crypto, audit, timeZone: 'Asia/Shanghai' })
    const deps = { pg, ch, dataDir, clock, spoolLimitBytes: 1 << 30, customers, audit, crypto, log }
    const ingest = await createIngest(deps)
    await ingest.start()
    const { app, http, as } = createTestHttp()
    registerIngestRoutes(http, { ingest })
    registerIdentityRoutes(http, { identity: ingest.identity })
    registerCollectRoutes(app, { ingest })
    const jobs = createJobs({ pg, clock, log })
    const operating = { pg, ch, clock, audit, jobs, timeZone: 'Asia/Shanghai', ingest }
    registerIngestOperationRoutes(http, { ingestOperations: createIngestOperations(operating) })
    registerJobRoutes(http, { jobs })
    return { ingest, app, as, customers, jobs }
  }
  let running = await start()

  return {
    pg,
    ch,
    bank,
    clock,
    dataDir,
    logged,
    get app() {
      return running.app
    },
    get ingest() {
      return running.ingest
    },
    get customers() {
      return running.customers
    },
    get jobs() {
      return running.jobs
    },
    as: (...caller: Parameters<typeof running.as>) => running.as(...caller),
    setNow(moment: string): void {
      now = new Date(moment)
    },
    /** Ends without loading, as a killed process would, and starts again on the same files. */
    async restart(): Promise<void> {
      await running.ingest.stop(0)
      running = await start()
    },
    async post(path: string, body: unknown, key: string = trustedKey) {
      const response = await running.app.inject({
        method: 'POST',
        url: path,
        headers: {
          authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
          'content-type': 'application/json',
        },
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      })
      return { status: response.statusCode, body: response.json(), headers: response.headers }
    },
    batch(messages: readonly object[], key: string = trustedKey) {
      return this.post('/v1/batch', { batch: messages }, key)
    },
    /** Events of known customers after everything is loaded: customer number, name, occurred, message id's place. */
    async events(): Promise<
      { customerNo: string; name: string; at: string; props: Record<string, string> }[]
    > {
      await running.ingest.flush(30)
      const numbers = await pg.query<{ customer_id: number; customer_no: string }>(
        sql`SELECT c.customer_id, c.customer_no FROM customer AS c`,
      )
      const numberOf = new Map(numbers.map((row) => [row.customer_id, row.customer_no]))
      const rows = await ch.query<{
        customer_id: number
        name: string
        at: string
        props: Record<string, string>
      }>(
        sql`SELECT e.customer_id, e.name, toString(e.occurred_at) AS at, e.props FROM event AS e FINAL
          ORDER BY e.customer_id, e.occurred_at, e.name, e.msg`,
      )
      return rows.map(({ customer_id, ...row }) => ({ customerNo: numberOf.get(customer_id) ?? '?', ...row }))
    },
    async anonymous(): Promise<number> {
      await running.ingest.flush(30)
      const row = await ch.first<{ count: string }>(sql`SELECT count() AS count FROM event_anonymous FINAL`)
      return Number(row?.count)
    },
    /** Empties what was collected, so that tests of one file don't see each other. */
    async clear(): Promise<void> {
      await running.ingest.flush(30)
      for (const table of [
        'event',
        'event_anonymous',
        'visitor_binding',
        'event_reject',
        'message_first_receipt',
      ])
        await ch.command({ kind: 'sql', text: [`TRUNCATE TABLE ${table}`], values: [] })
      await pg.execute(sql`TRUNCATE visitor_binding, visitor_binding_undone, identity_waiting`)
    },
    async close(): Promise<void> {
      await running.ingest.stop(0)
      await Promise.all([database.drop(), warehouse.drop()])
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type TestIngest = Awaited<ReturnType<typeof openTestIngest>>
