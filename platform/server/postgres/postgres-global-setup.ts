import type { TestProject } from 'vitest/node'
import { startTestServer } from './postgres-test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>> | undefined

/** Starts one PostgreSQL for the whole test run and migrates its template database. */
export async function setup(project: TestProject): Promise<void> {
  server = await startTestServer()
  project.provide('postgresUrl', server.url)
}

/** Stops it. */
export async function teardown(): Promise<void> {
  await server?.end()
}
