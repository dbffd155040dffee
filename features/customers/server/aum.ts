import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/**
 * AUM per customer at the end of a business day: the sum of the latest balance of each class, as rows
 * (customer_id UInt32, aum Decimal(38, 2)). `only` is a condition on `b.customer_id` that narrows the read.
 */
export const aumByCustomer = (asOf: string, only: Sql = sql`1`, currency = 'CNY'): Sql => sql`
  SELECT l.customer_id AS customer_id, sum(l.latest) AS aum
  FROM (
    SELECT b.customer_id AS customer_id, b.class AS class, argMax(b.amount, b.business_date) AS latest
    FROM balance AS b FINAL
    WHERE b.currency = ${typed('String', currency)} AND b.business_date <= ${typed('Date32', asOf)} AND ${only}
    GROUP BY b.customer_id, b.class
  ) AS l
  GROUP BY l.customer_id`

/** AUM of some customers, as lists and pages show it. */
export function createAumReads(deps: { ch: ClickHouse; clock: Clock; timeZone: string }) {
  return {
    async of(
      customerIds: readonly number[],
      asOf: string = bankDay(deps.clock.now(), deps.timeZone),
    ): Promise<Map<number, string>> {
      if (customerIds.length === 0) return new Map()
      const only = sql`b.customer_id IN ${typed('Array(UInt32)', customerIds)}`
      const rows = await deps.ch.query<{ customer_id: number; aum: string }>(aumByCustomer(asOf, only))
      return new Map(rows.map((row) => [row.customer_id, row.aum]))
    },
  }
}
