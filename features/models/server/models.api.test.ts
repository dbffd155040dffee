import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from '#features/audit/server/index.ts'
import { registerModelRoutes } from '#features/models/server/model-routes.ts'
import { createModels } from '#features/models/server/models.ts'
import { sigmoidModel } from '#features/models/server/onnx-testing.ts'
import { findScoringModel } from '#features/models/server/scoring.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const clock = { now: () => new Date('2026-03-10T17:30:00Z') }
let database: Awaited<ReturnType<typeof createTestDatabase>>
let warehouse: Awaited<ReturnType<typeof openTestClickHouse>>
let server: ReturnType<typeof createTestHttp>
let models: ReturnType<typeof createModels>
beforeAll(async () => {
  ;[database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  models = createModels({ pg, clock, audit: createAudit({ pg, clock }) })
  server = createTestHttp()
  registerModelRoutes(server.http, { models })
  await server.app.ready()
})
afterAll(async () => {
  await server.app.close()
  await Promise.all([database.drop(), warehouse.drop()])
})

async function call(method: 'GET' | 'POST' | 'PUT', url: string, body?: object | Buffer) {
  const isFile = Buffer.isBuffer(body)
  const answer = await server.app.inject({
    method,
    url,
    ...(body ? { payload: body } : {}),
    ...(isFile ? { headers: { 'content-type': 'application/octet-stream' } } : {}),
  })
  return { status: answer.statusCode, body: answer.body ? answer.json() : null }
}

const onnx = (key: string, more: object = {}) => ({
  ...{ key, name: '流失', kind: 'onnx', owner: 'data', purpose: 'who may leave' },
  definition: { inputs: [{ tag: 'a' }, { tag: 'b', missing: 1 }, { tag: 'c' }], output: { index: 1 } },
  ...more,
})
const weights = [
  [0.5, -0.25],
  [1.5, 2],
  [-1, 0.125],
]
const bias = [0.1, -0.3]

/** Sigmoid as single precision computes it, term by term. */
function score(x: readonly number[], column: number): number {
  const { fround } = Math
  const sum = x.reduce(
    (total, value, at) => fround(total + fround(fround(value) * fround(weights[at]?.[column] ?? 0))),
    0,
  )
  return 1 / (1 + Math.exp(-fround(sum + fround(bias[column] ?? 0))))
}

test('from a draft by one person to scores approved by another', async () => {
  expect(await call('POST', '/api/models', onnx('churn'))).toMatchObject({
    status: 201,
    body: { version: 1, state: 'draft' },
  })
  expect(await call('POST', '/api/models', onnx('churn'))).toMatchObject({
    status: 409,
    body: { code: 'MODEL_KEY_TAKEN' },
  })
  const file = sigmoidModel({ weights, bias })
  server.as(testCaller({ username: 'checker' }))
  expect(await call('POST', '/api/models/churn/versions/1/approve')).toMatchObject({
    status: 409,
    body: { code: 'MODEL_FILE_MISSING' },
  })
  server.as(testCaller())
  const uploaded = await call('PUT', '/api/models/churn/versions/1/file?name=churn.onnx', file)
  expect(uploaded).toMatchObject({ status: 200, body: { fileName: 'churn.onnx', fileBytes: file.length } })
  expect(uploaded.body.sha256).toMatch(/^[0-9a-f]{64}$/)
  expect(await call('POST', '/api/models/churn/versions/1/approve')).toMatchObject({
    status: 403,
    body: { code: 'MODEL_OWN_APPROVAL' },
  })
  expect(await findScoringModel(database.pg, 'churn')).toBeUndefined()
  server.as(testCaller({ username: 'checker' }))
  expect(await call('POST', '/api/models/churn/versions/1/approve')).toMatchObject({
    status: 200,
    body: { state: 'approved', approvedBy: 'checker' },
  })
  server.as(testCaller())
  expect(await call('PUT', '/api/models/churn/versions/1/file', file)).toMatchObject({
    status: 409,
    body: { code: 'MODEL_NOT_DRAFT' },
  })
  expect(await call('GET', '/api/models')).toMatchObject({
    body: { items: [{ key: 'churn', state: 'approved' }] },
  })
  const model = await findScoringModel(database.pg, 'churn')
  if (model?.kind !== 'onnx') throw new Error('no model')
  const { ch } = warehouse
  // More customers than one batch takes.
  const features = sql`
    SELECT toUInt32(n.number + 1) AS customer_id, [toFloat64(n.number % 7) / 4, toFloat64(n.number % 5) - 2, toFloat64(n.number % 3) / 8] AS x
    FROM numbers(${typed('UInt32', 40_000)}) AS n`
  await model.run(ch, features, 7)
  const rows = await ch.query<{ customer_id: number; value: string }>(
    sql`SELECT r.customer_id AS customer_id, r.value AS value FROM computed_row AS r WHERE r.run_id = 7 ORDER BY r.customer_id`,
  )
  expect(rows).toHaveLength(40_000)
  for (const { customer_id, value } of rows) {
    const n = customer_id - 1
    const expected = score([(n % 7) / 4, (n % 5) - 2, (n % 3) / 8], 1)
    // Six digits and the whole of a single's precision: sigmoid itself is the runtime's.
    expect(Math.abs(Number(value) - expected)).toBeLessThan(2e-7)
    expect(Math.fround(Number(value))).toBe(Number(value))
  }
})

test('a new version scores only once it is approved; then the old one retires', async () => {
  const linear = {
    name: 'm',
    kind: 'linear',
    owner: 'o',
    purpose: 'p',
    definition: { terms: [{ tag: 'a', weight: 2 }] },
  }
  await call('POST', '/api/models', { key: 'sum', ...linear })
  server.as(testCaller({ username: 'checker' }))
  await call('POST', '/api/models/sum/versions/1/approve')
  server.as(testCaller())
  expect(await call('POST', '/api/models/sum/versions', { ...linear, name: 'm2' })).toMatchObject({
    status: 201,
    body: { version: 2 },
  })
  expect(await call('PUT', '/api/models/sum/versions/2/file', Buffer.from('x'))).toMatchObject({
    status: 400,
    body: { code: 'MODEL_FILE_NOT_TAKEN' },
  })
  server.as(testCaller({ username: 'checker' }))
  await call('POST', '/api/models/sum/versions/2/approve')
  const versions = await call('GET', '/api/models/sum/versions')
  expect(versions.body.items.map((one: { state: string }) => one.state)).toEqual(['approved', 'retired'])
  expect(await call('POST', '/api/models/sum/versions/1/approve')).toMatchObject({ status: 409 })
  expect(await call('POST', '/api/models/sum/versions/2/retire')).toMatchObject({
    status: 200,
    body: { state: 'retired' },
  })
  expect(await call('GET', '/api/models/gone/versions')).toMatchObject({ status: 404 })
  server.as(testCaller())
})

test('a kind and a definition that do not fit are named', async () => {
  const answer = await call('POST', '/api/models', { ...onnx('odd'), kind: 'linear' })
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'definition' }] } })
})

const valid = sigmoidModel({ weights, bias })
test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['noise', Buffer.from('this is no model at all, whatever its name says')],
  ['a file cut off', valid.subarray(0, Math.floor(valid.length / 2))],
  [
    'a file with bytes turned',
    Buffer.from(valid.map((byte, at) => (at > 10 && at % 3 === 0 ? 255 - byte : byte))),
  ],
  ['another width', sigmoidModel({ weights: weights.slice(0, 2), bias })],
  ['too few columns', sigmoidModel({ weights: weights.map(([first = 0]) => [first]), bias: [0] })],
  ['one customer at a time', sigmoidModel({ weights, bias, inputShape: [1, 3] })],
])('refuses %s and goes on', async (_name, file) => {
  const key = `broken-${file.length}-${file[20] ?? 0}`
  await call('POST', '/api/models', onnx(key))
  const answer = await server.app.inject({
    method: 'PUT',
    url: `/api/models/${key}/versions/1/file`,
    payload: file,
    headers: { 'content-type': 'application/octet-stream' },
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json().code).toMatch(/^MODEL_FILE_(BROKEN|EMPTY)$|^INPUT_INVALID$|^REQUEST_INVALID$/)
  const versions = await call('GET', `/api/models/${key}/versions`)
  expect(versions.body.items[0]).toMatchObject({ sha256: null, state: 'draft' })
})

test('a file beyond the limit is refused before it is read', async () => {
  await call('POST', '/api/models', onnx('huge'))
  const answer = await call('PUT', '/api/models/huge/versions/1/file', Buffer.alloc(51 * 1024 * 1024))
  expect(answer).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } })
})
