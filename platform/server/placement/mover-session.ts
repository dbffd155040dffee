import type pg from 'pg'
import { renderPostgres, type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '../postgres/postgres.ts'
import { lockKeys } from './open-placement.ts'
import { placementErrors } from './placement-errors.ts'

/** The one who may change the placement; what it asked for ends with its session. */
export type MoverSession = {
  transaction<T>(work: (tx: PgRunner) => Promise<T>): Promise<T>
  /** Waits until no process works with an older version any more. */
  untilLeft(kind: 'reads' | 'writes', version: number): Promise<void>
  close(): void
}

const pollMs = 50

const runnerOf = (client: pg.ClientBase, pg: Postgres): PgRunner => {
  const run = (fragment: Sql) => client.query(renderPostgres(fragment))
  return {
    query: async <R>(fragment: Sql) => (await run(fragment)).rows as R[],
    first: async <R>(fragment: Sql) => (await run(fragment)).rows[0] as R | undefined,
    execute: async (fragment) => (await run(fragment)).rowCount ?? 0,
    copyIn: pg.copyIn,
  }
}

/** Takes the right to move, or throws CLUSTER_MOVE_RUNNING. All changes go through its one connection: a lost one changes nothing. */
export async function openMoverSession(pg: Postgres): Promise<MoverSession> {
  const client = await pg.pool.connect()
  let isLost = false
  client.on('error', () => {
    isLost = true
  })
  const runner = runnerOf(client, pg)
  const close = () => client.release(true)
  try {
    const taken = await runner.first<{ taken: boolean }>(
      sql`SELECT pg_try_advisory_lock(${lockKeys.mover}::int, 0) AS taken`,
    )
    if (!taken?.taken) throw placementErrors('CLUSTER_MOVE_RUNNING', {})
  } catch (error) {
    close()
    throw error
  }
  return {
    async transaction(work) {
      await client.query('BEGIN')
      try {
        const result = await work(runner)
        await client.query('COMMIT')
        return result
      } catch (error) {
        if (!isLost) await client.query('ROLLBACK').catch(() => undefined)
        throw error
      }
    },
    async untilLeft(kind, version) {
      for (;;) {
        const held = await runner.first(sql`
          SELECT 1 AS held FROM pg_locks AS l
          WHERE l.locktype = 'advisory' AND l.classid = ${lockKeys[kind]}::bigint::oid AND l.objid < ${version}::bigint::oid
            AND l.objsubid = 2 AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
          LIMIT 1`)
        if (!held) return
        await new Promise((again) => setTimeout(again, pollMs))
      }
    },
    close,
  }
}
