import { isCurrentSql, isTouchedSql, isUnbasedSql } from '#features/customers/server/index.ts'
import { type LeafSql, leafOf } from '#features/rules/server/leaf-sql.ts'
import { bitmapsOf, isAmong, type RuleContext } from '#features/rules/server/rule-context.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

/** Customers in scope, as rows. Without a scope any version of a row will do. */
export const universeSql = (scope: OrgScope, context: Pick<RuleContext, 'among'> = {}): Sql =>
  scope.everyone
    ? sql`SELECT c.customer_id AS customer_id FROM customer AS c WHERE ${isAmong(sql`c.customer_id`, context)}`
    : sql`
      SELECT c.customer_id AS customer_id FROM customer AS c FINAL
      WHERE ${clickHouseScope(scope, 'c')} AND ${isAmong(sql`c.customer_id`, context)}`

function isOfScope({ everyone, orgIds, rmStaffId }: OrgScope): Sql {
  if (everyone) return sql`m.kind = 'all' AND m.id = 0`
  const ofOrgs = sql`(m.kind = 'org' AND m.id IN ${typed('Array(UInt32)', orgIds)})`
  if (rmStaffId === null) return ofOrgs
  return sql`(${ofOrgs} OR (m.kind = 'rm' AND m.id = ${typed('UInt32', rmStaffId)}))`
}

/**
 * Customers in scope as a leaf: bitmaps of org units and people, corrected by the rows of customers touched since, and of
 * those in chunks that have no bitmaps yet.
 */
export function compileUniverse(scope: OrgScope, context: RuleContext): LeafSql {
  const { universe, chunkBits, among } = context
  if (!universe || among || universe.chunks.length === 0) return leafOf(universeSql(scope, context), context)
  const base = sql`
    SELECT m.chunk AS chunk, m.members AS members FROM customer_bitmap AS m
    WHERE ${isOfScope(scope)} AND ${isCurrentSql(universe)}`
  const touched = sql`
    SELECT t.customer_id AS customer_id FROM customer_touched AS t WHERE ${isTouchedSql(universe, chunkBits)}`
  const isAsked = [
    ...(universe.hasTouched ? [sql`c.customer_id IN (${touched})`] : []),
    ...(universe.hasUnbased ? [isUnbasedSql(sql`c.customer_id`, universe, chunkBits)] : []),
  ]
  if (isAsked.length === 0) return { base: [base], isComplement: false }
  const hit = bitmapsOf(
    sql`
      SELECT c.customer_id AS customer_id FROM customer AS c FINAL
      WHERE (${joinSql(isAsked, sql` OR `)}) AND ${clickHouseScope(scope, 'c')}`,
    context,
  )
  return universe.hasTouched
    ? { base: [base], overlay: { touched: bitmapsOf(touched, context), hit }, isComplement: false }
    : { base: [base, hit], isComplement: false }
}
