import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Whoever holds this decides who enters and leaves segments: a pass of streaming, or the publication of a refresh. */
const turnLock = 4610

/**
 * Does work while no other process decides about members. The lock is a session's, so that it goes with its holder; a holder
 * that lost its session without noticing is kept out by the name its pass carries.
 */
export async function inTurn<T>(pg: Postgres, work: () => Promise<T>): Promise<T> {
  const client = await pg.pool.connect()
  let broken: Error | undefined
  try {
    await client.query('SELECT pg_advisory_lock($1)', [turnLock])
    return await work()
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [turnLock]).catch((error: Error) => {
      broken = error
    })
    client.release(broken)
  }
}
