import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Attribute of a holding that came under a merged number: that number's id. */
export const mergedFrom = 'merged_from'

/** Where merged numbers among these are counted; all others are left out. */
export async function readHomes(
  runner: PgRunner,
  customerIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await runner.query<{ customer_id: number; home_id: number }>(sql`
    SELECT h.customer_id, h.home_id FROM customer_home AS h
    WHERE h.customer_id = ANY(${[...new Set(customerIds)]}::bigint[]) AND h.home_id <> h.customer_id`)
  return new Map(rows.map((row) => [row.customer_id, row.home_id]))
}

/**
 * Moves holdings to where their numbers are counted now. A copy names the number it came under; a number's own rows stay,
 * deleted while it is merged, so that a split finds them. Harmless to repeat.
 */
export async function moveHoldings(deps: { pg: Postgres; ch: ClickHouse }, ver: bigint): Promise<void> {
  const rows = await deps.pg.query<{ customer_id: number; home_id: number; past_ids: number[] }>(sql`
    SELECT h.customer_id, h.home_id, h.past_ids FROM customer_home AS h WHERE h.applied_at IS NULL LIMIT 10000`)
  if (rows.length === 0) return
  const pairs = rows.map((row) => [row.customer_id, row.home_id] as const)
  const ids = typed(
    'Array(UInt32)',
    rows.map((row) => row.customer_id),
  )
  const holders = typed('Array(UInt32)', [
    ...new Set(rows.flatMap((row) => [row.customer_id, row.home_id, ...row.past_ids])),
  ])
  // Every row there is of these numbers, own or copied, goes to each holder: alive at the home, deleted elsewhere.
  await deps.ch.command(
    sql`
    INSERT INTO holding (customer_id, holding_no, product_code, family, currency, amount, opened_on, closed_on, attributes, ver, is_deleted)
    SELECT t.holder, r.holding_no, r.product_code, r.family, r.currency, r.amount, r.opened_on, r.closed_on,
      if(t.holder = r.own_id, r.plain, mapUpdate(r.plain, map(${typed('String', mergedFrom)}, toString(r.own_id)))),
      greatest(${typed('UInt64', ver)}, (SELECT max(n.ver) + 1 FROM holding AS n WHERE n.customer_id IN ${holders})), t.holder != transform(r.own_id, ${typed(
        'Array(UInt32)',
        pairs.map(([id]) => id),
      )},
        ${typed(
          'Array(UInt32)',
          pairs.map(([, home]) => home),
        )}, r.own_id)
    FROM (
      SELECT h.*, if(mapContains(h.attributes, ${typed('String', mergedFrom)}),
          toUInt32(h.attributes[${typed('String', mergedFrom)}]), h.customer_id) AS own_id,
        mapFilter((k, v) -> k != ${typed('String', mergedFrom)}, h.attributes) AS plain
      FROM holding AS h WHERE h.customer_id IN ${holders}
      ORDER BY h.ver DESC LIMIT 1 BY own_id, h.family, h.holding_no
    ) AS r
    INNER JOIN (SELECT arrayJoin(${holders}) AS holder) AS t ON 1 = 1
    WHERE r.own_id IN ${ids}
      AND (t.holder = r.own_id OR (t.holder, r.family, r.holding_no) NOT IN (
        SELECT (o.customer_id, o.family, o.holding_no) FROM holding AS o FINAL
        WHERE o.customer_id IN ${holders} AND NOT mapContains(o.attributes, ${typed('String', mergedFrom)})))`,
    { lane: 'load' },
  )
}
