import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/**
 * Brings the owner history of customers up to their current owner: a row that began today is replaced, an older one
 * ends today and a new one begins.
 */
export async function recordOwnerChanges(
  tx: PgRunner,
  customerIds: readonly number[],
  today: string,
): Promise<void> {
  const isOutdated = sql`
    o.customer_id = c.customer_id AND c.customer_id = ANY(${customerIds}::bigint[]) AND o.valid_to IS NULL
    AND (o.org_id, o.rm_staff_id) IS DISTINCT FROM (c.org_id, c.rm_staff_id)`
  await tx.execute(sql`
    UPDATE customer_owner AS o SET org_id = c.org_id, rm_staff_id = c.rm_staff_id FROM customer AS c
    WHERE ${isOutdated} AND o.valid_from >= ${today}::date`)
  await tx.execute(sql`
    WITH ended AS (
      UPDATE customer_owner AS o SET valid_to = ${today}::date FROM customer AS c
      WHERE ${isOutdated} AND o.valid_from < ${today}::date
      RETURNING o.customer_id, c.org_id, c.rm_staff_id
    )
    INSERT INTO customer_owner (customer_id, org_id, rm_staff_id, valid_from)
    SELECT e.customer_id, e.org_id, e.rm_staff_id, ${today}::date FROM ended AS e`)
}
