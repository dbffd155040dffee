import { type Explanation, explainRule } from '#features/rules/common/evaluate-rule.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import {
  compileCount,
  compileMemberBitmaps,
  compileMemberIds,
  compileMembers,
  type RuleContext,
  universeSql,
} from '#features/rules/server/compile-rule.ts'
import { readCustomerFacts } from '#features/rules/server/customer-facts.ts'
import { type Definitions, loadDefinitions, loadTags } from '#features/rules/server/rule-definitions.ts'
import { buildTree, type TreeLeaf } from '#features/rules/server/rule-tree.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Rules = ReturnType<typeof createRules>

/** Where the rule stands in the request, so that errors name the field; the segment it belongs to. */
export type RulePlace = { path?: string; self?: string | undefined }

type Count = { count: string; base: string }
type MemberPage = { after: number; limit: number }

/** Throws for a tag that does not exist, naming its place. */
function checkTags(leaves: readonly { leaf: TreeLeaf; path: string }[], { tags }: Definitions): void {
  for (const { leaf, path } of leaves) {
    if ('tag' in leaf && !tags.has(leaf.tag)) {
      throw ruleError('RULE_TAG_UNKNOWN', { tag: leaf.tag }, [
        { path: `${path}.tag`, code: 'RULE_TAG_UNKNOWN', message: 'no such tag' },
      ])
    }
  }
}

/** Answers rules: one compiler for estimates, members, tags, segments and campaigns. */
export function createRules(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; timeZone: string }) {
  const { pg, ch, clock, timeZone } = deps
  let computeTags = async (_keys: readonly string[]): Promise<void> => {}

  /** Refuses a rule that is too large, contains itself, or names what does not exist. */
  async function check(rule: Rule, place: RulePlace = {}, runner: PgRunner = pg): Promise<void> {
    const definitions = await loadDefinitions(runner, rule)
    checkTags(buildTree(rule, definitions.segments, place).leaves, definitions)
  }

  /** Everything the rule means now for this scope; tags never computed are computed first. */
  async function prepare(scope: OrgScope, rule: Rule, place: RulePlace = {}): Promise<RuleContext> {
    const definitions = await loadDefinitions(pg, rule)
    checkTags(buildTree(rule, definitions.segments, place).leaves, definitions)
    const missing = [...definitions.tags].filter(([, tag]) => tag.refreshId === null).map(([key]) => key)
    if (missing.length > 0) {
      await computeTags(missing)
      for (const [key, tag] of await loadTags(pg, missing)) definitions.tags.set(key, tag)
    }
    return { now: clock.now(), timeZone, scope, chunkBits: ch.chunkBits, ...definitions }
  }

  async function count(scope: OrgScope, rule: Rule, place?: RulePlace, options?: QueryOptions) {
    const context = await prepare(scope, rule, place)
    const rows = await ch.onEachShard((shard) => shard.first<Count>(compileCount(rule, context), options))
    const sum = (field: keyof Count) => rows.reduce((total, row) => total + Number(row?.[field] ?? 0), 0)
    return { count: sum('count'), base: sum('base'), asOf: context.now }
  }

  async function members(scope: OrgScope, rule: Rule, page: MemberPage): Promise<number[]> {
    const context = await prepare(scope, rule)
    return membersOf(rule, context, page)
  }

  async function membersOf(rule: Rule, context: RuleContext, page: MemberPage): Promise<number[]> {
    const lists = await ch.onEachShard((shard) =>
      shard.query<{ customer_id: number }>(compileMembers(rule, context, page)),
    )
    const ids = lists.flatMap((rows) => rows.map((row) => row.customer_id))
    return ids.sort((one, other) => one - other).slice(0, page.limit)
  }

  /** Why one customer is in or not. `holds` is what the compiler says; `isConsistent` whether the slow evaluator agrees. */
  async function explain(scope: OrgScope, rule: Rule, customerId: number) {
    const context = await prepare(scope, rule)
    const [facts, [first]] = await Promise.all([
      readCustomerFacts(ch, rule, context, customerId),
      membersOf(rule, context, { after: customerId - 1, limit: 1 }),
    ])
    const explanation: Explanation = explainRule(rule, facts, context)
    const holds = first === customerId
    return { holds, isConsistent: holds === explanation.holds, explanation, asOf: context.now }
  }

  return {
    check,
    prepare,
    count,
    members,
    explain,
    /** Keys of the tags a rule needs, those of used segments included. */
    tagsUsed: async (rule: Rule, runner: PgRunner = pg): Promise<string[]> => [
      ...(await loadDefinitions(runner, rule)).tags.keys(),
    ],
    /** Rows (customer_id) of all members: to insert from, or to put behind IN. */
    memberIdsSql: async (scope: OrgScope, rule: Rule): Promise<Sql> =>
      compileMemberIds(rule, await prepare(scope, rule)),
    /** Rows (chunk, members) of non-empty bitmaps. */
    memberBitmapsSql: async (scope: OrgScope, rule: Rule): Promise<Sql> =>
      compileMemberBitmaps(rule, await prepare(scope, rule)),
    /** Rows (customer_id) of all customers in scope; an id may come more than once. */
    universeSql,
    /** The tags feature says here how a tag without values gets them, so that no rule counts one as empty. */
    computeMissingWith(compute: (keys: readonly string[]) => Promise<void>): void {
      computeTags = compute
    },
  }
}
