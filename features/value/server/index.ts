import type { InsightFeature } from '#features/insight/server/index.ts'
import { attribution } from '#features/value/server/attribution.ts'
import { increment, migration } from '#features/value/server/aum-moves.ts'
import { ltv } from '#features/value/server/ltv.ts'
import { rfm } from '#features/value/server/rfm.ts'

/** Adds the analyses of value to insight; their routes come with it. */
export function defineValueAnalyses(insight: Pick<InsightFeature, 'defineAnalysis'>): void {
  insight.defineAnalysis(attribution)
  insight.defineAnalysis(ltv)
  insight.defineAnalysis(rfm)
  insight.defineAnalysis(migration)
  insight.defineAnalysis(increment)
}
