import type { Postgres } from '#platform/server/postgres/postgres.ts'

/**
 * Does work while no other process computes a run; undefined where one does. The lock is the connection's: a process that is
 * killed lets go of it.
 */
export async function withRunLock<T>(pg: Postgres, work: () => Promise<T>): Promise<T | undefined> {
  const client = await pg.pool.connect()
  let broken: Error | undefined
  try {
    const { rows } = await client.query("SELECT pg_try_advisory_lock(hashtext('tag runs')) AS got")
    if (!rows[0]?.got) return undefined
    try {
      return await work()
    } finally {
      await client.query("SELECT pg_advisory_unlock(hashtext('tag runs'))").catch((error: Error) => {
        broken = error
      })
    }
  } finally {
    client.release(broken)
  }
}
