import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import type { TagKind } from '#features/tags/server/kinds/kind.ts'
import { ruleInputs } from '#features/tags/server/kinds/rule-inputs.ts'
import { everyCustomer } from '#features/tags/server/kinds/universe.ts'
import { itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'

/** Whether a rule holds: true for its members, false for everybody else. */
export const ruleKind: TagKind<SourceByKind['rule']> = {
  group: (source) => `rule:${JSON.stringify(source.rule)}`,
  inputs: ({ rule }) => ruleInputs([rule]),
  mayMiss: () => false,
  check: ({ rule }, _type, { rules, pg }) => rules.check(rule, { path: 'source.rule' }, pg),
  async items(tags, context) {
    const [first] = tags
    if (!first) throw new RangeError('No tags to compute')
    const members = await context.rules.memberIdsSql(scopeOfEveryone, first.source.rule, context.among)
    const text = sql`if(u.customer_id IN (${members}), 'true', 'false')`
    const items = tags.map((tag) => itemOf(tag, { text, isValue: true }, ''))
    return sql`SELECT u.customer_id AS customer_id, ${itemsOf(items)} FROM (${everyCustomer(context)}) AS u`
  },
}
