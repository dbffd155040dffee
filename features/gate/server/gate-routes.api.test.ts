import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGate, registerGateRoutes } from '#features/gate/server/index.ts'
import { systemClock } from '#platform/common/clock.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import { createTestDatabase, type TestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let database: TestDatabase
const server = createTestHttp()

beforeAll(async () => {
  database = await createTestDatabase()
  registerGateRoutes(server.http, { gate: createGate({ pg: database.pg, clock: systemClock }) })
})
afterAll(() => database.drop())

test('the caps are shown: one marketing message in 24 hours', async () => {
  const answer = await server.app.inject('/api/gate/caps')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ items: [{ capId: 1, channel: null, windowMinutes: 1440, most: 1 }] })
  server.as(testCaller({ permissions: ['task.read'] }))
  expect((await server.app.inject('/api/gate/caps')).statusCode).toBe(403)
})
