import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportLine } from '#features/imports/common/import.ts'
import { openTestImports, type TestImports } from '#features/imports/server/imports-testing.ts'
import { registerImportRoutes, registerOperatorRoutes } from '#features/imports/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'

let bank: TestImports
const server = createTestHttp()
beforeAll(async () => {
  bank = await openTestImports()
  registerImportRoutes(server.http, bank)
  registerOperatorRoutes(server.http, bank)
  await server.app.ready()
})
afterAll(async () => {
  await server.app.close()
  await bank?.close()
})

const asOperator = (method: 'GET' | 'POST', url: string, payload?: object) =>
  server.app.inject({
    method,
    url,
    headers: { authorization: 'Bearer operator' },
    ...(payload && { payload }),
  })

async function runImport(input: object): Promise<ImportLine[]> {
  const answer = await asOperator('POST', '/operator/import', input)
  expect(answer.statusCode).toBe(200)
  return answer.body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ImportLine)
}

test('the command line imports through the server and sees what happens', async () => {
  const mappingPath = bank.file(
    'mapping.json',
    JSON.stringify({
      name: 'api',
      files: [{ match: '*.csv', steps: [{ into: 'customers', customerNo: 'no' }] }],
    }),
  )
  const lines = await runImport({ mappingPath, files: [bank.file('api.csv', 'no\nA1\n\t\nA2\n')] })
  expect(lines.map((line) => line.kind)).toEqual(['progress', 'file', 'done'])
  expect(lines[1]).toMatchObject({
    summary: { rows: 3, imported: 2, rejected: 1, rejectsFile: join(bank.folder, 'api.csv.rejects.csv') },
  })
  const listed = await server.app.inject({ url: '/api/imports' })
  expect(listed.json().items).toMatchObject([
    { fileName: 'api.csv', mapping: 'api', rows: 3, imported: 2, rejected: 1, startedBy: 'command-line' },
  ])

  const wrong = await runImport({ mappingPath: join(bank.folder, 'gone.json'), files: ['x.csv'] })
  expect(wrong).toMatchObject([{ kind: 'failed', code: 'MAPPING_UNREADABLE', isBadUse: true }])
  const missing = await runImport({ mappingPath, files: [join(bank.folder, 'gone.csv')] })
  expect(missing).toMatchObject([{ kind: 'failed', code: 'IMPORT_FILE_MISSING', isBadUse: true }])
})

test('a first administrator, a token for them, and a whole audit', async () => {
  const made = await asOperator('POST', '/operator/administrator', {
    username: 'root1',
    password: 'correct horse',
  })
  expect(made.statusCode).toBe(201)
  expect(made.json()).toEqual({ orgCode: 'HO' })
  const roles = await bank.pg.query(
    sql`SELECT p.role FROM post AS p JOIN staff AS s ON s.staff_id = p.staff_id WHERE s.username = 'root1' ORDER BY p.role`,
  )
  expect(roles).toEqual([{ role: 'security_admin' }, { role: 'system_admin' }])
  const short = await asOperator('POST', '/operator/administrator', { username: 'root2', password: 'short' })
  expect(short.statusCode).toBe(400)
  expect(short.body).not.toContain('"short"')
  const twice = await asOperator('POST', '/operator/administrator', {
    username: 'root1',
    password: 'correct horse',
  })
  expect([twice.statusCode, twice.json().code]).toEqual([409, 'STAFF_TAKEN'])
  expect(await bank.org.sessions.login('root1', 'correct horse')).toMatchObject({
    caller: { username: 'root1' },
  })

  const token = await asOperator('POST', '/operator/token', { username: 'root1', name: 'test', days: 5 })
  expect(token.statusCode).toBe(201)
  expect(token.json().token).toMatch(/^zk_/)
  const nobody = await asOperator('POST', '/operator/token', { username: 'nobody', name: 'test', days: 5 })
  expect([nobody.statusCode, nobody.json().code]).toEqual([404, 'USER_UNKNOWN'])
  const audit = await asOperator('GET', '/operator/audit/verify')
  expect(audit.json()).toMatchObject({ ok: true })
})

test('only the command line of this machine gets there, and imports are listed to those who may', async () => {
  for (const [method, url] of [
    ['POST', '/operator/import'],
    ['POST', '/operator/token'],
    ['POST', '/operator/administrator'],
    ['GET', '/operator/audit/verify'],
  ] as const) {
    const answer = await server.app.inject({ method, url, headers: { authorization: 'Bearer guess' } })
    expect([url, answer.statusCode]).toEqual([url, 401])
  }
  server.as(testCaller({ permissions: ['customer.read'] }))
  expect((await server.app.inject({ url: '/api/imports' })).statusCode).toBe(403)
})
