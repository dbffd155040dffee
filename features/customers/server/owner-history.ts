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
  // Joined from the ids: on tables that have just grown, the planner has no better idea of how few they are.
  const outdated = sql`
    FROM unnest(${customerIds}::bigint[]) AS i(customer_id) JOIN customer AS c ON c.customer_id = i.customer_id
    WHERE o.customer_id = i.customer_id AND o.valid_to IS NULL
      AND (o.org_id, o.rm_staff_id) IS DISTINCT FROM (c.org_id, c.rm_staff_id)`
  await tx.execute(sql`
    UPDATE customer_owner AS o SET org_id = c.org_id, rm_staff_id = c.rm_staff_id ${outdated}
      AND o.valid_from >= ${today}::date`)
  await tx.execute(sql`
    WITH ended AS (
      UPDATE customer_owner AS o SET valid_to = ${today}::date ${outdated} AND o.valid_from < ${today}::date
      RETURNING o.customer_id, c.org_id, c.rm_staff_id
    )
    INSERT INTO customer_owner (customer_id, org_id, rm_staff_id, valid_from)
    SELECT e.customer_id, e.org_id, e.rm_staff_id, ${today}::date FROM ended AS e`)
}
