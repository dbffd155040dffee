import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { identifier, sql } from '#platform/common/sql.ts'
import type { Postgres } from './postgres.ts'
import { connectPostgres } from './postgres.ts'
import { asAdmin, onDatabase, startTestServer, templateDatabase } from './postgres-test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

/** A database of its own for one test file. */
export type TestDatabase = { pg: Postgres; url: string; drop(): Promise<void> }

let ownServer: Promise<{ url: string }> | undefined

/** The server for this test process: the run's own, or one started here when there is no global setup. */
export async function testPostgresUrl(): Promise<string> {
  const provided = inject('postgresUrl')
  if (provided) return provided
  ownServer ??= startTestServer()
  return (await ownServer).url
}

/** Makes a database on a server: a clone of the migrated template, or an empty one. */
export async function createDatabaseOn(serverUrl: string, source: string): Promise<TestDatabase> {
  const name = `zhike_test_${process.pid}_${randomBytes(6).toString('hex')}`
  await asAdmin(serverUrl, (admin) =>
    admin.execute(sql`CREATE DATABASE ${identifier(name)} TEMPLATE ${identifier(source)}`),
  )
  const url = onDatabase(serverUrl, name)
  const pg = await connectPostgres(url)
  return {
    pg,
    url,
    async drop() {
      await pg.close()
      await asAdmin(serverUrl, (admin) =>
        admin.execute(sql`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`),
      )
    },
  }
}

/** Clones the migrated template for one test file. */
export const createTestDatabase = async (): Promise<TestDatabase> =>
  createDatabaseOn(await testPostgresUrl(), templateDatabase)

/** Makes a database without any schema. */
export const createEmptyTestDatabase = async (): Promise<TestDatabase> =>
  createDatabaseOn(await testPostgresUrl(), 'template0')
