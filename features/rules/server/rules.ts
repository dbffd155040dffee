import { readCustomerUniverse } from '#features/customers/server/index.ts'
import { type Explanation, explainRule } from '#features/rules/common/evaluate-rule.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import {
  compileBranches,
  compileCount,
  compileMemberBitmaps,
  compileMemberIds,
  compileMembers,
} from '#features/rules/server/compile-rule.ts'
import { readCustomerFacts } from '#features/rules/server/customer-facts.ts'
import { membersAmong } from '#features/rules/server/members-among.ts'
import { resolveTops } from '#features/rules/server/resolve-tops.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import { type Definitions, loadDefinitions, loadTags } from '#features/rules/server/rule-definitions.ts'
import { buildForest, buildTree, type PlacedLeaf, type RuleForest } from '#features/rules/server/rule-tree.ts'
import { universeSql } from '#features/rules/server/universe.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Rules = ReturnType<typeof createRules>

/** Where the rule stands in the request, so that errors name the field; the segment it belongs to. */
export type RulePlace = { path?: string; self?: string | undefined }

type Count = { count: string; base: string }
const mostPlans = 4
type MemberPage = { after: number; limit: number }

/** Throws for what a leaf names and nobody has defined, telling its place. */
function checkLeaf({ leaf, path }: PlacedLeaf, { tags, lists, orgs }: Definitions): void {
  const details = (field: string, code: string, message: string) => [
    { path: `${path}.${field}`, code, message },
  ]
  if ('list' in leaf && !lists.has(leaf.list))
    throw ruleError('RULE_LIST_UNKNOWN', leaf, details('list', 'RULE_LIST_UNKNOWN', 'no such list'))
  if ('org' in leaf && !orgs.has(leaf.org))
    throw ruleError('RULE_ORG_UNKNOWN', leaf, details('org', 'RULE_ORG_UNKNOWN', 'no such org unit'))
  const [tag, field] = 'tag' in leaf ? [leaf.tag, 'tag'] : 'top' in leaf ? [leaf.top.tag, 'top.tag'] : []
  if (tag === undefined || field === undefined) return
  const type = tags.get(tag)?.type
  if (!type) throw ruleError('RULE_TAG_UNKNOWN', { tag }, details(field, 'RULE_TAG_UNKNOWN', 'no such tag'))
  if ('top' in leaf && type !== 'number' && type !== 'date')
    throw ruleError('RULE_TAG_NOT_RANKED', { tag }, details(field, 'RULE_TAG_NOT_RANKED', 'has no order'))
}

/** Refuses a rule that is too large, contains itself, or names what does not exist; gives its leaves. */
function checkRule(rule: Rule, definitions: Definitions, place: RulePlace = {}): PlacedLeaf[] {
  const { leaves } = buildTree(rule, definitions.segments, place)
  for (const leaf of leaves) checkLeaf(leaf, definitions)
  return leaves
}

/** Rules that can be answered together, and their graph. */
type AmongPlan = { sound: readonly { key: string; rule: Rule }[]; forest: RuleForest }

function planAmong(named: AmongPlan['sound'], definitions: Definitions): AmongPlan {
  const sound = named.filter(({ rule }) => {
    try {
      return checkRule(rule, definitions)
    } catch (error) {
      if (error instanceof AppError) return false
      throw error
    }
  })
  const forest = buildForest(
    sound.map(({ rule }) => rule),
    definitions.segments,
  )
  return { sound, forest }
}

/** Keeps the last few plans: streaming asks the same rules several times a second. */
function createPlans() {
  const known = new Map<string, AmongPlan>()
  return {
    of(named: AmongPlan['sound'], definitions: Definitions): AmongPlan {
      const { segments, tags, lists, orgs } = definitions
      const types = [...tags].map(([key, { type }]) => [key, type])
      const rules = named.map(({ key, rule }) => [key, rule])
      const key = JSON.stringify([rules, [...segments], types, [...lists.keys()], [...orgs.keys()]])
      const plan = known.get(key) ?? planAmong(named, definitions)
      known.delete(key)
      known.set(key, plan)
      for (const oldest of [...known.keys()].slice(0, -mostPlans)) known.delete(oldest)
      return plan
    },
  }
}

/** Answers rules: one compiler for estimates, members, tags, segments and campaigns. */
export function createRules(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; timeZone: string }) {
  const { pg, ch, clock, timeZone } = deps
  const plans = createPlans()
  let computeTags = async (_keys: readonly string[]): Promise<void> => {}

  async function check(rule: Rule, place: RulePlace = {}, runner: PgRunner = pg): Promise<void> {
    checkRule(rule, await loadDefinitions(runner, rule), place)
  }

  /** Everything definitions mean now for this scope: tags never computed are computed first, tops are found. */
  async function contextOf(
    scope: OrgScope,
    definitions: Definitions,
    leaves: readonly PlacedLeaf[],
  ): Promise<RuleContext> {
    const missing = [...definitions.tags].filter(([, tag]) => tag.refreshId === null).map(([key]) => key)
    if (missing.length > 0) {
      await computeTags(missing)
      for (const [key, tag] of await loadTags(pg, missing)) definitions.tags.set(key, tag)
    }
    const universe = await readCustomerUniverse(ch)
    const plain = {
      ...{ now: clock.now(), timeZone, scope, chunkBits: ch.chunkBits, universe, tops: new Map() },
      ...definitions,
    }
    return { ...plain, tops: await resolveTops(ch, leaves, plain) }
  }

  async function prepare(scope: OrgScope, rule: Rule, place: RulePlace = {}): Promise<RuleContext> {
    const definitions = await loadDefinitions(pg, rule)
    return contextOf(scope, definitions, checkRule(rule, definitions, place))
  }

  async function count(scope: OrgScope, rule: Rule, place?: RulePlace, options?: QueryOptions) {
    const context = await prepare(scope, rule, place)
    const rows = await ch.onEachShard((shard) => shard.first<Count>(compileCount(rule, context), options))
    const sum = (field: keyof Count) => rows.reduce((total, row) => total + Number(row?.[field] ?? 0), 0)
    return { count: sum('count'), base: sum('base'), asOf: context.now }
  }

  async function branches(scope: OrgScope, rule: Rule, place: RulePlace = {}, options?: QueryOptions) {
    const context = await prepare(scope, rule, place)
    const { paths, counts } = compileBranches(rule, context, place.path)
    const rows = await ch.onEachShard((shard) => shard.first<{ counts: string[] }>(counts, options))
    const sum = (index: number) => rows.reduce((total, row) => total + Number(row?.counts[index] ?? 0), 0)
    return paths.map((path, index) => ({ path, count: sum(index) }))
  }

  async function among(
    named: readonly { key: string; rule: Rule }[],
    customerIds: readonly number[],
    options?: QueryOptions,
  ): Promise<Map<string, number[]>> {
    if (named.length === 0 || customerIds.length === 0)
      return new Map(named.map(({ key }): [string, number[]] => [key, []]))
    const definitions = await loadDefinitions(pg, ...named.map(({ rule }) => rule))
    const { sound, forest } = plans.of(named, definitions)
    const context = await contextOf(scopeOfEveryone, definitions, forest.leaves)
    const members = await membersAmong(ch, forest, context, customerIds, options)
    return new Map(sound.map(({ key }, index) => [key, members[index] ?? []]))
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
      readCustomerFacts(ch, rule, buildTree(rule, context.segments).leaves, context, customerId),
      membersOf(rule, context, { after: customerId - 1, limit: 1 }),
    ])
    const explanation: Explanation = explainRule(rule, facts, context)
    const holds = first === customerId
    return { holds, isConsistent: holds === explanation.holds, explanation, asOf: context.now }
  }

  return {
    /** Refuses a rule that is too large, contains itself, or names what does not exist. */
    check,
    /** Everything the rule means now for this scope. */
    prepare,
    count,
    /** How many customers in scope each part of the rule as written holds for, by its path, in one query. */
    branches,
    /**
     * Which of these customers each rule holds for now, asked by the platform itself, in no one's scope: each event and all
     * tags are read once for all rules. A rule that cannot be answered (it names a retired tag, say) is left out of the map.
     */
    membersAmong: among,
    members,
    explain,
    /** Keys of the tags a rule needs, those of used segments included. */
    tagsUsed: async (rule: Rule, runner: PgRunner = pg): Promise<string[]> => [
      ...(await loadDefinitions(runner, rule)).tags.keys(),
    ],
    /** Rows (customer_id) of all members, or of those among rows (customer_id): to insert from, or to put behind IN. */
    memberIdsSql: async (scope: OrgScope, rule: Rule, among?: Sql): Promise<Sql> =>
      compileMemberIds(rule, { ...(await prepare(scope, rule)), among }),
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
