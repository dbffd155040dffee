export { breakpoints } from '#features/breakpoints/server/breakpoints.ts'
export { registerFlowRoutes } from '#features/breakpoints/server/flow-routes.ts'
export { createFlows, type Flows } from '#features/breakpoints/server/flows.ts'
