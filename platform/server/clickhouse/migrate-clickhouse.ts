import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import { AppError } from '#platform/common/errors.ts'
import { postgresErrors } from '#platform/common/postgres-errors.ts'
import { identifier, type Sql, sql, typed } from '#platform/common/sql.ts'
import { type Migration, readMigrations } from '../postgres/migrate-postgres.ts'
import type { ClickHouse } from './clickhouse.ts'

type Applied = { number: number; name: string; checksum: string; breaking: number }

const fixed = (text: string): Sql => ({ kind: 'sql', text: [text], values: [] })

// One token at a time: comments, quoted text, a semicolon, anything else.
const tokens = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|;|[\s\S]/g

/** One statement of a migration; `unless` is a query whose first value 1 says that it is done already. */
export type Statement = { text: string; unless?: string }

const guard = /^--\s*unless:\s*(SELECT\s[\s\S]*?);?\s*$/i

/**
 * Cuts a file into its statements at semicolons, except those in comments and quoted text; comments are dropped, but
 * `-- unless: SELECT …` on the line before a statement guards that one.
 */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = []
  let [current, unless]: [string, string | undefined] = ['', undefined]
  const finish = () => {
    const statement = current.trim()
    if (statement) statements.push(unless ? { text: statement, unless } : { text: statement })
    else if (unless) throw new Error(`A guard without a statement: ${unless}`)
    ;[current, unless] = ['', undefined]
  }
  for (const token of text.match(tokens) ?? []) {
    if (token === ';') finish()
    else if (!token.startsWith('--') && !token.startsWith('/*')) current += token
    else if (current.trim() === '') unless = guard.exec(token)?.[1] ?? unless
  }
  finish()
  return statements
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

/** The first value of the guard's first row; no row means not done. */
const isDone = async (ch: ClickHouse, unless: string): Promise<boolean> => {
  const row = await ch.first<Record<string, unknown>>(fixed(unless), { lane: 'jobs' })
  return row !== undefined && String(Object.values(row)[0]) === '1'
}

const apply = async (ch: ClickHouse, migration: Migration): Promise<void> => {
  for (const [index, { text, unless }] of splitStatements(migration.text).entries()) {
    try {
      if (unless && (await isDone(ch, unless))) continue
      await ch.command(fixed(text), { lane: 'jobs' })
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
 * processes apply at once, runs again from its start. One that can't be (EXCHANGE TABLES, a copy) gets a guard:
 * `-- unless: SELECT …` on the line before skips it where the query's first value is 1.
 * On a cluster every shard has its own tables and its own record of what was applied.
 */
export async function migrateClickHouse(ch: ClickHouse, dir: string): Promise<string[]> {
  const migrations = await readMigrations(dir)
  const done = await ch.onEachShard((shard) => migrateShard(shard, migrations), { writes: true })
  // What the shards hold now is shown through the cluster when a statement has said so.
  if (ch.kind === 'cluster') await ch.command(sql`CREATE DATABASE IF NOT EXISTS ${identifier(ch.database)}`)
  return migrations.map(({ name }) => name).filter((name) => done.some((names) => names.includes(name)))
}

async function migrateShard(ch: ClickHouse, migrations: readonly Migration[]): Promise<string[]> {
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
