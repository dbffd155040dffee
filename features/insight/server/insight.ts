import type { Audit } from '#features/audit/server/index.ts'
import { distribution } from '#features/insight/server/analyses/distribution.ts'
import { funnel } from '#features/insight/server/analyses/funnel.ts'
import { heat } from '#features/insight/server/analyses/heat.ts'
import { interval } from '#features/insight/server/analyses/interval.ts'
import { path } from '#features/insight/server/analyses/path.ts'
import { retention } from '#features/insight/server/analyses/retention.ts'
import { session } from '#features/insight/server/analyses/session.ts'
import { trend } from '#features/insight/server/analyses/trend.ts'
import { createDashboards } from '#features/insight/server/dashboards.ts'
import { createInsight, type InsightDeps } from '#features/insight/server/insight-service.ts'

export type InsightFeature = ReturnType<typeof createInsightFeature>

/** Analyses of what customers do, and dashboards of them. */
export function createInsightFeature(deps: InsightDeps & { audit: Audit }) {
  const insight = createInsight(deps)
  insight.defineAnalysis(trend)
  insight.defineAnalysis(funnel)
  insight.defineAnalysis(retention)
  insight.defineAnalysis(path)
  insight.defineAnalysis(session)
  insight.defineAnalysis(heat)
  insight.defineAnalysis(distribution)
  insight.defineAnalysis(interval)
  return { ...insight, insight, dashboards: createDashboards({ ...deps, insight }) }
}
