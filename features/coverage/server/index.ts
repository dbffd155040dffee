export { type CoverageDeps, createCoverage } from '#features/coverage/server/coverage.ts'
export { registerCoverageRoutes } from '#features/coverage/server/coverage-routes.ts'
