export { aumFacts, tierOfDays } from '#features/metrics/server/aum-facts.ts'
export { registerMetricRoutes } from '#features/metrics/server/metric-routes.ts'
export { createMetrics, type MetricDeps, type Metrics } from '#features/metrics/server/metrics.ts'
