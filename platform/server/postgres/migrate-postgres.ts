import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresErrors } from '#platform/common/postgres-errors.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from './postgres.ts'

/** One numbered SQL file; a breaking one may not run under an older program. */
export type Migration = { number: number; name: string; text: string; checksum: string; isBreaking: boolean }
type Applied = { number: number; name: string; checksum: string; breaking: boolean }

const filePattern = /^(\d{6})-([a-z0-9-]+)\.sql$/
const lockKey = 4_826_153_907

const readMigration = async (dir: string, file: string): Promise<Migration> => {
  const [, digits, name] = filePattern.exec(file) ?? []
  if (!digits || !name)
    throw postgresErrors('MIGRATION_MISNUMBERED', { reason: `${file} is not 000001-name.sql` })
  // The same file checked out with other line ends is the same migration.
  const text = (await readFile(join(dir, file), 'utf8')).replaceAll('\r\n', '\n')
  const checksum = createHash('sha256').update(text).digest('hex')
  return { number: Number(digits), name, text, checksum, isBreaking: /^-- breaking\s*(\n|$)/.test(text) }
}

/** Reads a folder of migrations, in order; their numbers run from 1 without a gap. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort()
  const migrations = await Promise.all(files.map((file) => readMigration(dir, file)))
  migrations.forEach((migration, index) => {
    if (migration.number === index + 1) return
    throw postgresErrors('MIGRATION_MISNUMBERED', {
      reason: `${files[index]} stands where number ${index + 1} belongs`,
    })
  })
  return migrations
}

const checkNewer = (migrations: readonly Migration[], applied: readonly Applied[]): void => {
  const newer = applied.filter((record) => record.number > migrations.length)
  const breaking = newer.filter((record) => record.breaking).map((record) => record.number)
  if (breaking.length === 0) return
  const newest = newer[newer.length - 1]!.number
  throw postgresErrors('SCHEMA_NEWER', { newest, known: migrations.length, breaking })
}

const checkApplied = (migrations: readonly Migration[], applied: readonly Applied[]): void => {
  applied.forEach((record, index) => {
    if (record.number !== index + 1) {
      throw postgresErrors('MIGRATION_MISNUMBERED', {
        reason: `${index + 1} was left out when ${record.number} ran`,
      })
    }
    const file = migrations[index]
    if (file && file.checksum !== record.checksum) {
      throw postgresErrors('MIGRATION_CHANGED', { number: file.number, name: file.name })
    }
  })
}

const asSql = (text: string): Sql => ({ kind: 'sql', text: [text], values: [] })

const whyFailed = (error: unknown, text: string): string => {
  const { message, position } = error as { message: string; position?: string }
  return position ? `${message}, line ${text.slice(0, Number(position)).split('\n').length}` : message
}

const apply = async (
  tx: PgRunner,
  { number, name, text, checksum, isBreaking }: Migration,
): Promise<void> => {
  try {
    await tx.execute(asSql(text))
  } catch (error) {
    throw postgresErrors('MIGRATION_FAILED', { number, name, reason: whyFailed(error, text) })
  }
  await tx.execute(sql`
    INSERT INTO migration (number, name, checksum, breaking)
    VALUES (${number}, ${name}, ${checksum}, ${isBreaking})`)
}

/** Applies the first migration that is missing; undefined when none is. */
const applyNext = async (tx: PgRunner, migrations: readonly Migration[]): Promise<string | undefined> => {
  // Held to the end of the transaction, so a second server waits and then reads what the first has done.
  await tx.execute(sql`SELECT pg_advisory_xact_lock(${lockKey}::bigint)`)
  await tx.execute(sql`
    CREATE TABLE IF NOT EXISTS migration (
      number int PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      breaking boolean NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`)
  const applied = await tx.query<Applied>(
    sql`SELECT m.number, m.name, m.checksum, m.breaking FROM migration AS m ORDER BY m.number`,
  )
  checkNewer(migrations, applied)
  checkApplied(migrations, applied)
  const next = migrations[applied.length]
  if (next) await apply(tx, next)
  return next?.name
}

/** Brings a database up to the newest migration of a folder, each in its own transaction; gives the names applied. */
export async function migratePostgres(pg: Postgres, dir: string): Promise<string[]> {
  const migrations = await readMigrations(dir)
  const applied: string[] = []
  for (;;) {
    const name = await pg.transaction((tx) => applyNext(tx, migrations))
    if (name === undefined) return applied
    applied.push(name)
  }
}
