export type { RuleContext, TagState } from '#features/rules/server/compile-rule.ts'
export { eventsSql } from '#features/rules/server/compile-rule.ts'
export {
  amountOf,
  eventProperty,
  isAmount,
  numberOf,
  type TextColumn,
  whereSql,
} from '#features/rules/server/condition-sql.ts'
export { createRules, type RulePlace, type Rules } from '#features/rules/server/rules.ts'
