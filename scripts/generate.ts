import type { TestApp } from '#apps/server/src/test-app.ts'
import { importMappingSchema } from '#features/imports/common/mapping-schema.ts'
import { dumpClickHouseSchema } from '#platform/server/clickhouse/dump-clickhouse-schema.ts'
import { dumpPostgresSchema } from '#platform/server/postgres/dump-postgres-schema.ts'
import { environmentExample, errorsPage } from './generated-docs.ts'

/** Every file that is made from the program, by path: what `npm run docs` writes and a test compares. */
export async function generateFiles(root: string, { app }: TestApp): Promise<Map<string, string>> {
  const { pg, ch } = app.parts
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  return new Map([
    ['docs/openapi.json', json(app.http.swagger())],
    ['docs/errors.md', await errorsPage(root)],
    ['docs/import-mapping.schema.json', json(importMappingSchema())],
    ['.env.example', environmentExample()],
    ['db/postgres.dump.sql', await dumpPostgresSchema(pg)],
    ['db/clickhouse.dump.sql', await dumpClickHouseSchema(ch)],
  ])
}
