import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import { AppError } from '#platform/common/errors.ts'
import { postgresErrors } from '#platform/common/postgres-errors.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { type Migration, readMigrations } from '../postgres/migrate-postgres.ts'
import type { ClickHouse } from './clickhouse.ts'

type Applied = { number: number; name: string; checksum: string; breaking: number }

const fixed = (text: string): Sql => ({ kind: 'sql', text: [text], values: [] })

// One token at a time: comments, quoted text, a semicolon, anything else.
const tokens = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|;|[\s\S]/g

/** Cuts a file into its statements at semicolons, except those in comments and quoted text; comments are dropped. */
export function splitStatements(text: string): string[] {
  const statements: string[] = ['']
  for (const token of text.match(tokens) ?? []) {
    if (token.startsWith('--') || token.startsWith('/*')) continue
    if (token === ';') statements.push('')
    else statements[statements.length - 1] += token
  }
  return statements.map((statement) => statement.trim()).filter(Boolean)
}

const checkNewer = (migrations: readonly Migration[], applied: readonly Applied[]): void => {
  const newer = applied.filter((record) => record.number > migrations.length)
  const breaking = newer.filter((record) => record.breaking === 1).map((record) => record.number)
  if (breaking.length === 0) return
  throw postgresErrors('SCHEMA_NEWER', {
    newest: newer[newer.length - 1]!.number,
    known: migrations.length,
    breaking,
  })
}

const checkUnchanged = (migrations: readonly Migration[], applied: readonly Applied[]): void => {
  for (const record of applied) {
    const migration = migrations[record.number - 1]
    if (migration && migration.checksum !== record.checksum)
      throw postgresErrors('MIGRATION_CHANGED', { number: record.number, name: migration.name })
  }
}

const apply = async (ch: ClickHouse, migration: Migration): Promise<void> => {
  for (const [index, statement] of splitStatements(migration.text).entries()) {
    try {
      await ch.command(fixed(statement), { lane: 'jobs' })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'CLICKHOUSE_FAILED') throw error
      const { number, name } = migration
      const reason = error.message
      throw clickhouseErrors('CLICKHOUSE_MIGRATION_FAILED', { number, name, statement: index + 1, reason })
    }
  }
  await ch.command(sql`
    INSERT INTO migration SELECT ${typed('UInt32', migration.number)}, ${typed('String', migration.name)},
      ${typed('String', migration.checksum)}, ${typed('UInt8', migration.isBreaking ? 1 : 0)}, now64(3)`)
}

/**
 * Applies the migrations of a folder that this database has not seen; answers their names.
 *
 * ClickHouse has no transactions: every statement must be repeatable, because a file that failed half-way, or that two
 * processes apply at once, runs again from its start.
 */
export async function migrateClickHouse(ch: ClickHouse, dir: string): Promise<string[]> {
  const migrations = await readMigrations(dir)
  await ch.command(sql`
    CREATE TABLE IF NOT EXISTS migration (
      number UInt32, name String, checksum String, breaking UInt8, applied_at DateTime64(3, 'UTC')
    ) ENGINE = ReplacingMergeTree ORDER BY number`)
  const applied = await ch.query<Applied>(
    sql`SELECT m.number, m.name, m.checksum, m.breaking FROM migration AS m FINAL ORDER BY m.number`,
  )
  checkNewer(migrations, applied)
  checkUnchanged(migrations, applied)
  const seen = new Set(applied.map((record) => record.number))
  const pending = migrations.filter((migration) => !seen.has(migration.number))
  for (const migration of pending) await apply(ch, migration)
  return pending.map((migration) => migration.name)
}
