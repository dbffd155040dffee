import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { migratePostgres } from './migrate-postgres.ts'
import { connectPostgres } from './postgres.ts'
import { createEmptyTestDatabase, type TestDatabase } from './postgres-testing.ts'

let database: TestDatabase
let dir: string
beforeEach(async () => {
  database = await createEmptyTestDatabase()
  dir = mkdtempSync(join(tmpdir(), 'zhike-migrations-'))
  write('000001-first.sql', 'CREATE TABLE one (id int); INSERT INTO one VALUES (1);')
  write('000002-second.sql', '-- breaking\nINSERT INTO one VALUES (2);\n')
})
afterEach(async () => {
  await database.drop()
  rmSync(dir, { recursive: true })
})

const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
const records = () =>
  database.pg.query(sql`SELECT m.number, m.name, m.breaking FROM migration AS m ORDER BY 1`)

test('two servers that migrate at once apply each file once', async () => {
  const other = await connectPostgres(database.url)
  const both = await Promise.all([migratePostgres(database.pg, dir), migratePostgres(other, dir)])
  await other.close()
  expect(both.flat().sort()).toEqual(['first', 'second'])
  expect(await database.pg.query(sql`SELECT o.id FROM one AS o ORDER BY 1`)).toEqual([{ id: 1 }, { id: 2 }])
  expect(await records()).toEqual([
    { number: 1, name: 'first', breaking: false },
    { number: 2, name: 'second', breaking: true },
  ])
  expect(await migratePostgres(database.pg, dir)).toEqual([])
})

test('a newer schema is refused only past a breaking mark', async () => {
  write('000003-third.sql', 'CREATE TABLE three ()')
  await migratePostgres(database.pg, dir)
  rmSync(join(dir, '000003-third.sql'))
  expect(await migratePostgres(database.pg, dir)).toEqual([])
  rmSync(join(dir, '000002-second.sql'))
  await expect(migratePostgres(database.pg, dir)).rejects.toMatchObject({
    code: 'SCHEMA_NEWER',
    details: { newest: 3, known: 1, breaking: [2] },
  })
})

test('an applied file may not change, its line ends may', async () => {
  await migratePostgres(database.pg, dir)
  write('000002-second.sql', '-- breaking\r\nINSERT INTO one VALUES (2);\r\n')
  expect(await migratePostgres(database.pg, dir)).toEqual([])
  write('000001-first.sql', 'CREATE TABLE one (id bigint)')
  await expect(migratePostgres(database.pg, dir)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' })
})

test('a failing file is rolled back whole, those before it stay', async () => {
  write('000003-third.sql', 'CREATE TABLE three (); SELECT 1 / 0;')
  await expect(migratePostgres(database.pg, dir)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('division by zero'),
  })
  expect(await records()).toHaveLength(2)
  expect(await database.pg.first(sql`SELECT to_regclass('three')::text AS three`)).toEqual({ three: null })
})

test.each([
  ['a gap', '000004-fourth.sql'],
  ['a number used twice', '000002-also.sql'],
  ['a name of another form', '3-third.sql'],
])('%s is an error', async (_case, name) => {
  write(name, 'SELECT 1')
  await expect(migratePostgres(database.pg, dir)).rejects.toMatchObject({ code: 'MIGRATION_MISNUMBERED' })
})
