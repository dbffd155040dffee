export type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
export { ask } from '#features/insight/server/ask.ts'
export {
  type CustomerGroups,
  customerGroups,
  groupsOf,
  joinGroups,
  propertyItem,
  shownGroups,
} from '#features/insight/server/breakdown.ts'
export {
  amongSql,
  closedSpan,
  type Frame,
  openFrame,
} from '#features/insight/server/frame.ts'
export { createInsightFeature, type InsightFeature } from '#features/insight/server/insight.ts'
export { registerInsightRoutes } from '#features/insight/server/insight-routes.ts'
