import type { KindContext } from '#features/tags/server/kinds/kind.ts'
import { amongSql } from '#features/tags/server/kinds/universe.ts'
import { type ComputedTag, itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** A number for rows of one run of an SQL or a model. */
export async function newRun({ pg }: KindContext): Promise<number> {
  const row = await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`)
  return Number(row?.id)
}

/** What a run wrote, as items; of customers the bank has. */
export const computedItems = (tag: ComputedTag<unknown>, runId: number, context: KindContext): Sql => sql`
  SELECT r.customer_id AS customer_id, ${itemsOf([itemOf(tag, { text: sql`r.value`, isValue: false }, context.time.timeZone)])}
  FROM computed_row AS r
  WHERE r.run_id = ${typed('UInt64', runId)} AND r.customer_id IN (SELECT c.customer_id FROM customer AS c)
    AND ${amongSql(context, sql`r.customer_id`)}`
