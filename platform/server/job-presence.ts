import type { PoolClient } from 'pg'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Who holds this one is the process that keeps the schedules. */
const leaderLock = 4600
/** Half of the lock that every pool of workers holds while it lives; the other half is made from its id. */
const poolLock = 4601

/** Those whose lock nobody holds are of the dead; a pool takes its lock a moment after it has begun. */
const takeBack = `
  SELECT graphile_worker.force_unlock_workers(array_agg(DISTINCT j.locked_by))
  FROM graphile_worker._private_jobs AS j
  WHERE j.locked_at < now() - interval '2 seconds' AND NOT EXISTS (
    SELECT FROM pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.classid = ${poolLock} AND l.objsubid = 2
      AND l.objid::bigint = (hashtext(j.locked_by)::bigint & 4294967295)
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
  HAVING count(*) > 0`

const hold = 'SELECT pg_advisory_lock_shared($1, hashtext($2))'

/**
 * Says that this process works on the queue, by locks of a session of its own. A killed worker's jobs would stay locked
 * for four hours: as its session is gone, any other process gives them back at once. One of all is the leader.
 */
export function createJobPresence(deps: { pg: Postgres }) {
  const ids = new Set<string>()
  let client: PoolClient | undefined
  let isLeader = false

  async function enter(): Promise<PoolClient> {
    const entered = await deps.pg.pool.connect()
    try {
      // A machine that lost its power says no goodbye: the server is to notice within half a minute.
      await entered.query(
        'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3',
      )
      for (const id of ids) await entered.query(hold, [poolLock, id])
    } catch (error) {
      entered.release(true)
      throw error
    }
    entered.once('error', () => {
      if (client === entered) leave()
    })
    return entered
  }

  function leave(): void {
    client?.release(true)
    client = undefined
    isLeader = false
  }

  return {
    /** Says that the pool of this id lives as long as this session. */
    async hold(id: string): Promise<void> {
      ids.add(id)
      await client?.query(hold, [poolLock, id])
    },
    /** Renews the session where it was lost, gives back what the dead held; true: this process is the leader. */
    async beat(): Promise<boolean> {
      try {
        client ??= await enter()
        await client.query(takeBack)
        const { rows } = isLeader
          ? { rows: [{ got: true }] }
          : await client.query('SELECT pg_try_advisory_lock($1) AS got', [leaderLock])
        isLeader = rows[0]?.got === true
        return isLeader
      } catch (error) {
        leave()
        throw error
      }
    },
    isLeader: () => isLeader,
    stop: leave,
  }
}
