import { boundBase, firstDirectVer, mergedVer, movedVer } from '#features/ingest/server/identity-homes.ts'
import type { Touches } from '#features/ingest/server/touch-store.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A number's own rows become, or become again, a row of this customer. */
type Target = { from: number; to: number; ver: bigint; isDeleted: 0 | 1 }
type Home = { customer_id: number; home_id: number; past_ids: number[] }
type State = { version: number; homes: Home[] }

const mostHomes = 1_000

const targetRows = (targets: readonly Target[]): Sql => {
  const column = (type: string, of: (target: Target) => unknown) => typed(type, targets.map(of))
  return sql`
    SELECT tupleElement(r, 1) AS own_id, tupleElement(r, 2) AS customer_id, tupleElement(r, 3) AS ver,
      tupleElement(r, 4) AS is_deleted
    FROM (SELECT arrayJoin(arrayZip(${column('Array(UInt32)', (one) => one.from)},
      ${column('Array(UInt32)', (one) => one.to)}, ${column('Array(UInt64)', (one) => one.ver)},
      ${column('Array(UInt8)', (one) => one.isDeleted)})) AS r)`
}

const withdrawals = ({ version, homes }: State): Target[] =>
  homes.flatMap(({ customer_id, home_id, past_ids }) =>
    past_ids
      .filter((past) => past !== home_id && past !== customer_id)
      .map((to): Target => ({ from: customer_id, to, ver: mergedVer(version, false), isDeleted: 1 })),
  )

/** The copy stands before the number's own row: cut off between the two, the message is counted, and done again. */
const placements = ({ version, homes }: State): Target[] =>
  homes.flatMap(({ customer_id: from, home_id }): Target[] => {
    if (home_id === from) return [{ from, to: from, ver: movedVer(version), isDeleted: 0 }]
    return [
      { from, to: home_id, ver: mergedVer(version, true), isDeleted: 0 },
      { from, to: from, ver: movedVer(version), isDeleted: 1 },
    ]
  })

/**
 * Moves what came under a number to where it is counted. A number keeps its own rows for ever, deleted while it is
 * merged: so a split knows what came under which number, and a message seen under both counts once. Set-based, one
 * statement for what is withdrawn and one for what is placed; a repetition changes nothing.
 */
export function createRehome(deps: {
  ch: ClickHouse
  pg: Postgres
  moveHoldings: () => Promise<void>
  touches: Pick<Touches, 'noteAny'>
}) {
  const { ch, pg, touches } = deps

  async function write(targets: readonly Target[]): Promise<void> {
    if (targets.length === 0) return
    const ids = [...new Set(targets.map((target) => target.from))]
    await ch.command(
      sql`
      INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted, client_at)
      SELECT e.name, t.customer_id, e.msg, e.occurred_at, e.received_at, e.visitor, e.source, e.props, t.ver, t.is_deleted, e.client_at
      FROM (
        SELECT o.name, o.customer_id AS own_id, o.msg, o.occurred_at, o.received_at, o.visitor, o.source, o.props, o.client_at
        FROM event AS o WHERE o.customer_id IN ${typed('Array(UInt32)', ids)}
          AND (o.ver < ${typed('UInt64', boundBase)} OR o.ver >= ${typed('UInt64', firstDirectVer)})
        ORDER BY o.ver DESC LIMIT 1 BY o.name, o.customer_id, o.msg
      ) AS e INNER JOIN (${targetRows(targets)}) AS t ON e.own_id = t.own_id`,
      // A customer's events may be of any number of months.
      { lane: 'load', settings: { max_partitions_per_insert_block: 0 } },
    )
    await touches.noteAny(targets.flatMap((target) => [target.from, target.to]))
  }

  async function read(condition: Sql): Promise<State> {
    const row = await pg.first<{ version: number }>(sql`SELECT v.version FROM identity_version AS v`)
    const homes = await pg.query<Home>(sql`
      SELECT h.customer_id, h.home_id, h.past_ids FROM customer_home AS h WHERE ${condition}
      ORDER BY h.customer_id LIMIT ${mostHomes}::int`)
    return { version: row?.version ?? 0, homes }
  }

  return {
    /** Brings the warehouse to where PostgreSQL says that numbers are counted. */
    async applyAll(): Promise<void> {
      for (;;) {
        const state = await read(sql`h.applied_at IS NULL`)
        if (state.homes.length === 0) return
        await deps.moveHoldings()
        await write(withdrawals(state))
        await write(placements(state))
        await pg.execute(sql`
          UPDATE customer_home AS h SET applied_at = now()
          WHERE h.customer_id = ANY(${state.homes.map((home) => home.customer_id)}::bigint[])
            AND h.version <= ${state.version}::bigint`)
      }
    },
    /** Moves what was just loaded under merged numbers. */
    async follow(customerIds: readonly number[]): Promise<void> {
      for (let at = 0; at < customerIds.length; at += mostHomes) {
        const some = customerIds.slice(at, at + mostHomes)
        await write(placements(await read(sql`h.customer_id = ANY(${some}::bigint[])`)))
      }
    },
  }
}

export type Rehome = ReturnType<typeof createRehome>
