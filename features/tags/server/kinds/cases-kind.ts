import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import type { TagKind } from '#features/tags/server/kinds/kind.ts'
import { ruleInputs } from '#features/tags/server/kinds/rule-inputs.ts'
import { everyCustomer } from '#features/tags/server/kinds/universe.ts'
import { itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { joinSql, sql, typed } from '#platform/common/sql.ts'

/** The value of the first rule that holds. */
export const casesKind: TagKind<SourceByKind['cases']> = {
  group: (source) => `cases:${JSON.stringify(source)}`,
  inputs: ({ cases }) => ruleInputs(cases.map(({ rule }) => rule)),
  mayMiss: () => false,
  async check({ cases }, _type, { rules, pg }) {
    for (const [index, { rule }] of cases.entries())
      await rules.check(rule, { path: `source.cases.${index}.rule` }, pg)
  },
  async items(tags, context) {
    const source = tags[0]?.source
    if (!source) throw new RangeError('No tags to compute')
    const branches = []
    for (const { value, rule } of source.cases) {
      const members = await context.rules.memberIdsSql(scopeOfEveryone, rule, context.among)
      branches.push(sql`u.customer_id IN (${members}), CAST(${typed('String', value)}, 'Nullable(String)')`)
    }
    const otherwise = source.else === undefined ? sql`NULL` : sql`${typed('String', source.else)}`
    const text = sql`multiIf(${joinSql(branches, sql`, `)}, ${otherwise})`
    // Cases are checked when they are written to be values of the type; reading makes them canonical.
    const items = tags.map((tag) => itemOf(tag, { text, isValue: false }, context.time.timeZone))
    return sql`SELECT u.customer_id AS customer_id, ${itemsOf(items)} FROM (${everyCustomer(context)}) AS u`
  },
}
