export { bucketOf, bucketsOf } from '#features/insight/server/analyses/trend.ts'
export type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
export { addUp, ask } from '#features/insight/server/ask.ts'
export {
  type CustomerGroups,
  customerGroups,
  groupsOf,
  isGroup,
  joinGroups,
  propertyItem,
  ruleOfGroup,
  shownGroups,
} from '#features/insight/server/breakdown.ts'
export {
  amongSql,
  closedSpan,
  eventsOf,
  type Frame,
  isAmong,
  matches,
  matchesAny,
  momentOf,
  openFrame,
  timeIn,
} from '#features/insight/server/frame.ts'
export { createInsightFeature, type InsightFeature } from '#features/insight/server/insight.ts'
export { registerInsightRoutes } from '#features/insight/server/insight-routes.ts'
