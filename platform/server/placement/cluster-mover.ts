import { sql } from '#platform/common/sql.ts'
import type { LocalTable } from '../clickhouse/distributed-tables.ts'
import type { PgRunner, Postgres } from '../postgres/postgres.ts'
import { createUnitCopy, type UnitCopy } from './copy-units.ts'
import type { PlannedMove } from './grow-plan.ts'
import { type MoverSession, openMoverSession } from './mover-session.ts'
import type { OpenedShard } from './open-shards.ts'
import { findOpenMove, type Move, nextVersion, openChunk } from './placement-store.ts'

/** What a move needs of the warehouse. */
export type MoverShards = {
  shard(number: number): OpenedShard
  tables(): Promise<readonly LocalTable[]>
  /** Removes what shows placements older than this version. */
  forget(version: number): Promise<void>
}

/** What a move has just done; a mover may end after any of these, and another goes on. */
export type MoveStep = 'hidden' | 'copied' | 'paused' | 'copied rest' | 'flipped' | 'cleaned'

/** Told of each step before the next begins. */
export type StepListener = (step: MoveStep) => Promise<void>

const insertMove = (tx: PgRunner, { kind, units, from, to }: PlannedMove) =>
  tx.execute(sql`
    INSERT INTO placement_move (kind, units, from_shard, to_shard, state)
    VALUES (${kind}, ${units}::bigint[], ${from}::int, ${to}::int, 'copying')`)

/** What counts at the source counts at the target from this version on. */
async function flip(tx: PgRunner, { moveId, kind, units, from, to }: Move): Promise<number> {
  // Nobody may take an id from a chunk that is closed here.
  await tx.execute(sql`SELECT FROM customer_id_allocator FOR UPDATE`)
  const closed = await tx.query<{ was_open: boolean }>(sql`
    UPDATE chunk_placement AS c SET shard = ${to}::int, is_open = false, next_id = NULL
    FROM chunk_placement AS b
    WHERE c.kind = ${kind} AND c.unit = ANY(${units}::bigint[]) AND b.kind = c.kind AND b.unit = c.unit
    RETURNING b.is_open AS was_open`)
  if (closed.some((row) => row.was_open)) await openChunk(tx, from)
  await tx.execute(sql`UPDATE placement_move SET state = 'flipped' WHERE move_id = ${moveId}::int`)
  return nextVersion(tx)
}

/**
 * Moves units from shard to shard while everything goes on: reads count every row once at every moment, because each uses
 * one version of the placement, and what is being copied or was left behind is out of its sight; writers wait only
 * while the last rows are copied.
 */
export function createClusterMover(deps: {
  session: MoverSession
  shards: MoverShards
  onStep?: StepListener | undefined
}) {
  const { session, shards, onStep = async () => undefined } = deps

  const untilAllLeft = async (version: number): Promise<void> => {
    await session.untilLeft('reads', version)
    await session.untilLeft('writes', version)
  }

  /** Gives the version from which on the target counts. */
  async function copy(move: Move, copier: UnitCopy): Promise<number> {
    try {
      await copier.copyAll()
      await onStep('copied')
      const paused = await session.transaction((tx) => nextVersion(tx, { isPaused: true }))
      await session.untilLeft('writes', paused)
      await onStep('paused')
      await copier.copyRest()
      await onStep('copied rest')
    } catch (error) {
      await copier.allowMerges().catch(() => undefined)
      await session.transaction((tx) => nextVersion(tx))
      throw error
    }
    const flipped = await session.transaction((tx) => flip(tx, move))
    await onStep('flipped')
    return flipped
  }

  /** Goes through with a move from wherever it stands. */
  async function carryOut(move: Move): Promise<void> {
    const copier = createUnitCopy(move, shards.shard(move.from), shards.shard(move.to), await shards.tables())
    // Everybody must know of this state before anything of it becomes visible.
    await untilAllLeft(await session.transaction((tx) => nextVersion(tx)))
    await onStep('hidden')
    if (move.state === 'copying') await untilAllLeft(await copy(move, copier))
    // Also where an earlier mover has stopped them: nothing is deleted while they stand.
    await copier.allowMerges()
    await copier.removeSource()
    await onStep('cleaned')
    const done = await session.transaction(async (tx) => {
      await tx.execute(sql`
        UPDATE placement_move SET state = 'done', finished_at = now() WHERE move_id = ${move.moveId}::int`)
      return nextVersion(tx)
    })
    await untilAllLeft(done)
    await shards.forget(done)
  }

  const openMove = () => session.transaction(findOpenMove)

  return {
    /** Ends a move that a crash has cut off, if there is one. */
    async resume(): Promise<boolean> {
      const move = await openMove()
      if (move) await carryOut(move)
      return move !== undefined
    },
    async move(planned: PlannedMove): Promise<void> {
      await session.transaction((tx) => insertMove(tx, planned))
      const move = await openMove()
      if (move) await carryOut(move)
    },
  }
}

export type ClusterMover = ReturnType<typeof createClusterMover>

/** Runs work as the only one who changes the placement. */
export async function withMover<T>(
  deps: { pg: Postgres; shards: MoverShards; onStep?: StepListener | undefined },
  work: (mover: ClusterMover, session: MoverSession) => Promise<T>,
): Promise<T> {
  const session = await openMoverSession(deps.pg)
  try {
    return await work(createClusterMover({ ...deps, session }), session)
  } finally {
    session.close()
  }
}
