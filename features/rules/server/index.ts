export {
  amountOf,
  eventProperty,
  isAmount,
  numberOf,
  type TextColumn,
  whereSql,
} from '#features/rules/server/condition-sql.ts'
export { eventsSql, isOwnEvent } from '#features/rules/server/event-rows.ts'
export type { RuleContext, TagState } from '#features/rules/server/rule-context.ts'
export { createRules, type RulePlace, type Rules } from '#features/rules/server/rules.ts'
export { type TagValues, tagRowsSql } from '#features/rules/server/tag-rows.ts'
