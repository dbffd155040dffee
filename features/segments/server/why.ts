import type { z } from 'zod'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { Explanation, Why } from '#features/segments/common/segment.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import { findSegment } from '#features/segments/server/segment-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const tagOf = (rule: Rule): string | undefined =>
  'tag' in rule ? rule.tag : 'top' in rule ? rule.top.tag : undefined

/** Leaves out what only those who see balances may see: values of class C2, sums of amounts, compared properties. */
function withoutAmounts(explanation: Explanation, secret: ReadonlySet<string>): Explanation {
  const { facts, children, ...own } = explanation
  const tag = tagOf(explanation.rule)
  const isSecret = tag !== undefined && secret.has(tag)
  const shown = Object.entries(facts ?? {}).filter(([name]) => name !== 'sum')
  return {
    ...own,
    ...(facts ? { facts: isSecret ? {} : Object.fromEntries(shown) } : {}),
    ...(children ? { children: children.map((child) => withoutAmounts(child, secret)) } : {}),
  }
}

/** Says why a customer in scope is in a segment or not: each condition, with the facts the caller may see. */
export function createWhy(deps: {
  pg: Postgres
  rules: Pick<Rules, 'explain' | 'tagsUsed'>
  customers: Pick<Customers, 'names' | 'getByNo'>
}) {
  const { pg, rules, customers } = deps

  async function seesAmounts(caller: Caller, customerId: number): Promise<boolean> {
    if (!caller.permissions.has('balance.read')) return false
    return (await customers.names(caller.scopeOf('balance.read'), [customerId])).has(customerId)
  }

  async function secretTags(rule: Rule): Promise<Set<string>> {
    const rows = await pg.query<{ key: string }>(sql`
      SELECT t.key FROM tag AS t WHERE t.class = 'C2' AND t.key = ANY(${await rules.tagsUsed(rule)}::text[])`)
    return new Set(rows.map((row) => row.key))
  }

  return async (
    caller: Caller,
    scope: OrgScope,
    key: string,
    customerNo: string,
  ): Promise<z.infer<typeof Why>> => {
    const [row, customer] = await Promise.all([findSegment(pg, key), customers.getByNo(scope, customerNo)])
    if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
    const { asOf, explanation, ...said } = await rules.explain(scope, row.rule, customer.customerId)
    const isClear = await seesAmounts(caller, customer.customerId)
    return {
      ...{ customerNo: customer.customerNo, ...said, asOf: asOf.toISOString() },
      explanation: isClear ? explanation : withoutAmounts(explanation, await secretTags(row.rule)),
    }
  }
}
