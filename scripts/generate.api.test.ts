import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '#apps/server/src/test-app.ts'
import { generateFiles } from './generate.ts'
import { committed } from './generated-docs.ts'

const root = join(import.meta.dirname, '..')
let bank: TestApp

beforeAll(async () => {
  bank = await openTestApp()
})
afterAll(() => bank.close())

// `npm run docs` is this test with ZHIKE_TEST_WRITE_DOCS set: then it writes what it would compare.
const isWriting = process.env.ZHIKE_TEST_WRITE_DOCS === 'true'

test.each([
  'docs/openapi.json',
  'docs/errors.md',
  'docs/import-mapping.schema.json',
  '.env.example',
  'db/postgres.dump.sql',
  'db/clickhouse.dump.sql',
])('%s is what the program says (npm run docs writes it)', async (path) => {
  const content = (await generateFiles(root, bank)).get(path) ?? ''
  expect(content.length).toBeGreaterThan(100)
  if (isWriting) writeFileSync(join(root, path), content)
  expect(committed(root, path) === content, `${path} is stale`).toBe(true)
})
