import type { InternalEvent } from '#features/ingest/server/index.ts'
import { factOf } from '#features/streaming/server/facts.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const mostFacts = 10_000
/** A refresh that has told nothing new for so long has lost its process. */
const leftAfterSeconds = 60

/**
 * Tells who went in or out of a segment by a full refresh, in the order of customers. How far it has come is written down
 * after each group commit; killed before that, a group is told again under the same ids.
 */
export function createRefreshTelling(deps: {
  pg: Postgres
  ch: ClickHouse
  append: (events: readonly InternalEvent[]) => Promise<void>
}) {
  const { pg, ch, append } = deps
  type Row = { pass: number; segment: string; version: number; told_customer_id: number; decided_at: Date }

  async function tellSome(row: Row, after: number): Promise<number | undefined> {
    const found = await ch.query<{ customer_id: number; is_member: number }>(
      sql`
        SELECT DISTINCT t.customer_id AS customer_id, t.is_member AS is_member FROM segment_transition AS t
        WHERE t.segment = ${typed('String', row.segment)} AND t.pass = ${typed('UInt64', row.pass)}
          AND t.customer_id > ${typed('UInt32', after)}
        ORDER BY customer_id LIMIT ${typed('UInt32', mostFacts)}`,
      { lane: 'jobs' },
    )
    await append(
      found.map(({ customer_id: customerId, is_member }) =>
        factOf({
          segment: row.segment,
          version: row.version,
          customerId,
          isMember: is_member === 1,
          pass: row.pass,
          at: row.decided_at,
        }),
      ),
    )
    return found.length < mostFacts ? undefined : found.at(-1)?.customer_id
  }

  async function tell(pass: number): Promise<void> {
    const row = await pg.first<Row>(sql`
      SELECT p.pass, p.segment, p.version, p.told_customer_id, p.decided_at FROM stream_pass AS p
      WHERE p.pass = ${pass} AND p.kind = 'refresh'`)
    if (!row) return
    for (let after: number | undefined = row.told_customer_id; ; ) {
      after = await tellSome(row, after)
      if (after === undefined) break
      await pg.execute(sql`
        UPDATE stream_pass SET told_customer_id = greatest(told_customer_id, ${after}), told_at = clock_timestamp()
        WHERE pass = ${pass}`)
    }
    await pg.execute(sql`DELETE FROM stream_pass WHERE pass = ${pass} AND kind = 'refresh'`)
  }

  return {
    tell,
    /** Goes on with what a killed process has left untold. */
    async tellLeft(afterSeconds = leftAfterSeconds): Promise<void> {
      const rows = await pg.query<{ pass: number }>(sql`
        SELECT p.pass FROM stream_pass AS p
        WHERE p.kind = 'refresh' AND p.told_at < clock_timestamp() - make_interval(secs => ${afterSeconds})
        ORDER BY p.pass`)
      for (const { pass } of rows) await tell(pass)
    },
  }
}
