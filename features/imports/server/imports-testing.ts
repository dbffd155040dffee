import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApprovals } from '#features/approvals/server/index.ts'
import { createAudit } from '#features/audit/server/index.ts'
import { createCampaigns } from '#features/campaigns/server/index.ts'
import { createCustomers } from '#features/customers/server/index.ts'
import { createDelivery } from '#features/delivery/server/index.ts'
import { createGate } from '#features/gate/server/index.ts'
import type { Mapping } from '#features/imports/common/mapping.ts'
import { createImports, parseMapping, type RunImport } from '#features/imports/server/index.ts'
import { createOrg } from '#features/org/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import { createTasks } from '#features/tasks/server/index.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createFieldCrypto } from '#platform/server/field-crypto.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const timeZone = 'Asia/Shanghai'

/** A file of the real banks, or undefined where they are not at hand. */
export function realData(...path: string[]): string | undefined {
  const found = join(process.env.ZHIKE_TEST_DATA ?? join(root, '../shared/data'), ...path)
  return existsSync(found) ? found : undefined
}
export const absent = 'the real banks of ../shared/data are not here (ZHIKE_TEST_DATA says where else)'

export const exampleMapping = (name: string): Mapping => {
  const path = join(root, 'examples', name, 'mapping.json')
  return parseMapping(JSON.parse(readFileSync(path, 'utf8')), path)
}

export type TestImports = Awaited<ReturnType<typeof openTestImports>>

/** Imports on real engines, into a bank without anything, with a folder for files. */
export async function openTestImports() {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  const folder = mkdtempSync(join(tmpdir(), 'zhike-import-'))
  const clock = { now: () => new Date('2026-11-02T04:00:00Z') }
  const base = { pg, ch, clock, timeZone }
  const audit = createAudit(base)
  const org = createOrg({ ...base, audit })
  const crypto = createFieldCrypto({ key: Buffer.alloc(32, 7), provider: 'aes-256-gcm', keyVersion: 1 })
  const customers = createCustomers({ ...base, crypto, audit })
  const campaigns = createCampaigns({
    ...base,
    audit,
    approvals: createApprovals({ ...base, audit }),
    org,
    jobs: createJobs({ pg, clock, log: () => {} }),
    rules: createRules(base),
    gate: createGate(base),
    delivery: createDelivery({ pg, clock, newId: randomUUID }),
    tasks: createTasks({ ...base, audit, customers }),
  })
  const imports = createImports({
    ...{ ...base, audit, org, customers, campaigns },
    onImported: async () => undefined,
  })
  return {
    ...base,
    audit,
    org,
    customers,
    imports,
    folder,
    /** Writes a file of the folder; gives its path. */
    file(name: string, content: string | Buffer): string {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    run: (mapping: unknown, files: readonly string[], options: Partial<RunImport> = {}) =>
      imports.run({ mapping: parseMapping(mapping, 'mapping.json'), files, actor: 'tester', ...options }),
    count: async (from: Sql): Promise<number> => {
      const row = await ch.first<{ n: string }>(sql`SELECT count() AS n FROM ${from}`)
      return Number(row?.n ?? 0)
    },
    pgCount: async (from: Sql): Promise<number> => {
      const row = await pg.first<{ n: number }>(sql`SELECT count(*)::int AS n FROM ${from}`)
      return row?.n ?? 0
    },
    async close(): Promise<void> {
      await Promise.all([database.drop(), warehouse.drop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
