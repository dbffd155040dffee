import { compareCustomerNo } from '#features/rules/common/evaluate-leaf.ts'
import { type TopLimit, topKey } from '#features/rules/common/evaluate-rule.ts'
import type { Rule, TopLeaf } from '#features/rules/common/rule.ts'
import { compileMemberIds } from '#features/rules/server/compile-rule.ts'
import { tagRanksSql } from '#features/rules/server/compile-tag.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import type { PlacedLeaf } from '#features/rules/server/rule-tree.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type RankedRow = { place: number; customer_no: string }

/** Rows (place, customer_no) of all that a top chooses from: the customers in scope `of` holds for, with a value. */
function rankedSql({ top }: TopLeaf<Rule>, context: RuleContext): Sql {
  // Whom a top takes in does not depend on whom is asked about.
  const all = { ...context, among: undefined }
  return sql`
    SELECT r.place AS place, any(c.customer_no) AS customer_no
    FROM (${tagRanksSql(top.tag, all)}) AS r JOIN customer AS c ON c.customer_id = r.customer_id
    WHERE r.customer_id IN (${compileMemberIds(top.of ?? { all: [] }, all)})
    GROUP BY r.customer_id, r.place`
}

const sorting = ({ top }: TopLeaf<Rule>): Sql =>
  top.order === 'asc' ? sql`t.place ASC, t.customer_no ASC` : sql`t.place DESC, t.customer_no ASC`

const numbered = (row: RankedRow): TopLimit => ({ number: Number(row.place), customerNo: row.customer_no })

/** The n-th of all in the order of the top, or undefined when there are fewer. */
async function findLimit(
  ch: ClickHouse,
  leaf: TopLeaf<Rule>,
  context: RuleContext,
): Promise<TopLimit | undefined> {
  const { n, order } = leaf.top
  const ranked = sql`
    SELECT t.place AS place, t.customer_no AS customer_no FROM (${rankedSql(leaf, context)}) AS t ORDER BY ${sorting(leaf)}`
  if (ch.kind !== 'cluster') {
    const row = await ch.first<RankedRow>(sql`${ranked} LIMIT 1 OFFSET ${typed('UInt32', n - 1)}`)
    return row && numbered(row)
  }
  const lists = await ch.onEachShard((shard) =>
    shard.query<RankedRow>(sql`${ranked} LIMIT ${typed('UInt32', n)}`),
  )
  const direction = order === 'asc' ? 1 : -1
  return lists
    .flat()
    .map(numbered)
    .sort((a, b) => direction * (a.number - b.number) || compareCustomerNo(a.customerNo, b.customerNo))[n - 1]
}

/**
 * Finds where each top of a rule ends, over all shards, so that each shard can say by itself who is in. Leaves come in the
 * order of the tree: a top inside another's `of` before it.
 */
export async function resolveTops(
  ch: ClickHouse,
  leaves: readonly PlacedLeaf[],
  context: RuleContext,
): Promise<ReadonlyMap<string, TopLimit>> {
  const tops = new Map<string, TopLimit>()
  for (const { leaf } of leaves) {
    if (!('top' in leaf)) continue
    const limit = await findLimit(ch, leaf, { ...context, tops })
    if (limit) tops.set(topKey(leaf), limit)
  }
  return tops
}
