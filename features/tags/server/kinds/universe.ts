import type { KindContext } from '#features/tags/server/kinds/kind.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'

/** A condition on a column of customer ids: that it is among those asked for. */
export const amongSql = ({ among }: Pick<KindContext, 'among'>, column: Sql): Sql =>
  among ? sql`${column} IN (${among})` : sql`1`

/** Every customer once, of all or of those asked for, as rows (customer_id). */
export const everyCustomer = (context: KindContext): Sql => sql`
  SELECT DISTINCT a.customer_id AS customer_id FROM (${context.rules.universeSql(scopeOfEveryone)}) AS a
  WHERE ${amongSql(context, sql`a.customer_id`)}`
