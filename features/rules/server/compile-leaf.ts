import { spanOf } from '#features/rules/common/bank-time.ts'
import { bucketSql, bucketsOfPercent } from '#features/rules/common/bucket.ts'
import { topKey } from '#features/rules/common/evaluate-rule.ts'
import { haversineOfKm, radians } from '#features/rules/common/near.ts'
import type { DidLeaf, NearLeaf, Rule, TopLeaf } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import { kindOf, type RuleByKind } from '#features/rules/common/walk-rule.ts'
import { sequenceSql } from '#features/rules/server/compile-sequence.ts'
import { compileTag, tagRanksSql } from '#features/rules/server/compile-tag.ts'
import {
  amountOf,
  countSql,
  eventProperty,
  float64,
  numberOf,
  sumSql,
  whereSql,
} from '#features/rules/server/condition-sql.ts'
import { customersWhoDid, eventsSql, instant } from '#features/rules/server/event-rows.ts'
import { type LeafSql, leafOf } from '#features/rules/server/leaf-sql.ts'
import { isAmong, type RuleContext } from '#features/rules/server/rule-context.ts'
import type { TreeLeaf } from '#features/rules/server/rule-tree.ts'
import { compileUniverse } from '#features/rules/server/universe.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** Conditions on what is aggregated over a customer's events, and whether all of them would hold without any event. */
export function didConditions(leaf: DidLeaf, fromMs: number): { holds: Sql; atZero: boolean } {
  const { count, sum } = leaf
  const conditions = [
    ...(count ? [countSql(sql`count()`, count)] : []),
    ...(sum ? [sumSql(sql`sum(${amountOf(eventProperty(sum.prop).text)})`, sum)] : []),
    ...(leaf.first && fromMs !== -Infinity
      ? [{ sql: sql`min(e.occurred_at) >= ${instant(fromMs)}`, atZero: false }]
      : []),
  ]
  return {
    atZero: conditions.length > 0 && !leaf.first && conditions.every((condition) => condition.atZero),
    holds: joinSql(
      conditions.map((condition) => condition.sql),
      sql` AND `,
    ),
  }
}

function compileDid(leaf: DidLeaf, context: RuleContext): LeafSql {
  const span = spanOf(leaf.within, context.now, context.timeZone)
  // If the first ever lies inside, everything up to the end does.
  const read = leaf.first ? { ...span, fromMs: -Infinity } : span
  const isFirst = leaf.first && span.fromMs !== -Infinity
  if (!leaf.count && !leaf.sum && !isFirst && !leaf.where?.length)
    return leafOf(customersWhoDid(leaf.did, read, context), context)
  const events = sql`
    FROM event AS e FINAL ${eventsSql(leaf.did, read, context)} AND ${whereSql(leaf.where)}`
  if (!leaf.count && !leaf.sum && !isFirst)
    return leafOf(sql`SELECT e.customer_id AS customer_id ${events}`, context)
  // FINAL leaves one row a message, so rows are distinct messages.
  const { holds, atZero } = didConditions(leaf, span.fromMs)
  const customers = sql`
    SELECT e.customer_id AS customer_id ${events}
    GROUP BY e.customer_id HAVING ${atZero ? sql`NOT (${holds})` : holds}`
  return leafOf(customers, context, atZero)
}

/** Whether a place, told as two texts, lies near; twin of `haversine` and `placeOf`. */
export function isNearSql({ near }: NearLeaf, latText: Sql, lngText: Sql): Sql {
  const [lat, lng] = [numberOf(latText), numberOf(lngText)]
  const north = sql`sin((${lat} - ${float64(near.lat)}) * ${float64(radians)} / 2)`
  const east = sql`sin((${lng} - ${float64(near.lng)}) * ${float64(radians)} / 2)`
  const cosines = sql`${float64(Math.cos(near.lat * radians))} * cos(${lat} * ${float64(radians)})`
  return sql`ifNull(abs(${lat}) <= 90 AND abs(${lng}) <= 180
    AND ${north} * ${north} + ${cosines} * (${east} * ${east}) <= ${float64(haversineOfKm(near.km))}, 0)`
}

function compileNear(leaf: NearLeaf, context: RuleContext): LeafSql {
  if (leaf.did === undefined) {
    const isNear = isNearSql(leaf, sql`c.attributes['latitude']`, sql`c.attributes['longitude']`)
    return leafOf(customersWhere(isNear, context), context)
  }
  const span = spanOf(leaf.within, context.now, context.timeZone)
  const isNear = isNearSql(leaf, eventProperty('latitude').text, eventProperty('longitude').text)
  const customers = sql`
    SELECT e.customer_id AS customer_id FROM event AS e FINAL ${eventsSql(leaf.did, span, context)} AND ${isNear}`
  return leafOf(customers, context)
}

const customersWhere = (condition: Sql, context: RuleContext): Sql => sql`
  SELECT c.customer_id AS customer_id FROM customer AS c FINAL
  WHERE ${isAmong(sql`c.customer_id`, context)} AND ${condition}`

function compileTop(leaf: TopLeaf<Rule>, context: RuleContext): LeafSql {
  const limit = context.tops.get(topKey(leaf))
  const ranks = tagRanksSql(leaf.top.tag, context)
  if (!limit) return leafOf(sql`SELECT r.customer_id AS customer_id FROM (${ranks}) AS r`, context)
  const number = float64(limit.number)
  const isLevel = sql`
    c.customer_id IN (SELECT r.customer_id FROM (${ranks}) AS r WHERE r.place = ${number})
    AND c.customer_no <= ${typed('String', limit.customerNo)}`
  const isAhead = leaf.top.order === 'asc' ? sql`r.place < ${number}` : sql`r.place > ${number}`
  const customers = sql`
    SELECT r.customer_id AS customer_id FROM (${ranks}) AS r WHERE ${isAhead}
    UNION ALL SELECT c.customer_id AS customer_id FROM customer AS c WHERE ${isLevel}`
  return leafOf(customers, context)
}

const unknown = (code: 'RULE_LIST_UNKNOWN' | 'RULE_ORG_UNKNOWN', path: string, message: string) => [
  { path, code, message },
]

type LeafKind = keyof typeof compilers
type Compile<L> = (leaf: L, context: RuleContext, path: string) => LeafSql

const compilers = {
  tag: compileTag,
  did: compileDid,
  near: compileNear,
  top: compileTop,
  sequence: (leaf: RuleByKind['sequence'], context: RuleContext) =>
    leafOf(sequenceSql(leaf, context), context),
  // A number never changes for an id, so any version of a customer's row will do.
  sample: ({ sample }: RuleByKind['sample'], context: RuleContext) =>
    leafOf(
      sql`
        SELECT c.customer_id AS customer_id FROM customer AS c WHERE ${isAmong(sql`c.customer_id`, context)}
        AND ${bucketSql(sample.salt, sql`c.customer_no`)} < ${typed('UInt128', bucketsOfPercent(sample.percent).toString())}`,
      context,
    ),
  list: ({ list }: RuleByKind['list'], context: RuleContext, path: string) => {
    const version = context.lists.get(list)
    if (version === undefined)
      throw ruleError(
        'RULE_LIST_UNKNOWN',
        { list },
        unknown('RULE_LIST_UNKNOWN', `${path}.list`, 'no such list'),
      )
    return leafOf(
      sql`
        SELECT l.customer_id AS customer_id FROM list_member AS l WHERE l.list = ${typed('String', list)}
        AND l.version = ${typed('UInt32', version)} AND ${isAmong(sql`l.customer_id`, context)}`,
      context,
    )
  },
  org: ({ org }: RuleByKind['org'], context: RuleContext, path: string) => {
    const orgIds = context.orgs.get(org)
    if (!orgIds)
      throw ruleError(
        'RULE_ORG_UNKNOWN',
        { org },
        unknown('RULE_ORG_UNKNOWN', `${path}.org`, 'no such org unit'),
      )
    return compileUniverse({ everyone: false, orgIds, rmStaffId: null }, context)
  },
}

/** One leaf as SQL. */
export const compileLeaf: Compile<TreeLeaf> = (leaf, context, path) =>
  (compilers[kindOf(leaf) as LeafKind] as Compile<TreeLeaf>)(leaf, context, path)
