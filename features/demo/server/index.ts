export {
  type DemoDeps,
  type DemoOptions,
  isDemoBank,
  isDemoWanted,
  seedDemoBank,
} from '#features/demo/server/demo-bank.ts'
export { seedBehaviour } from '#features/demo/server/demo-behaviour.ts'
export { demoDashboards } from '#features/demo/server/demo-dashboards.ts'
export {
  type DemoCampaign,
  demoCampaigns,
  demoSegments,
} from '#features/demo/server/demo-definitions.ts'
export { demoFlows } from '#features/demo/server/demo-flows.ts'
export { demoIssuer, openTokenSigner, type TokenSigner } from '#features/demo/server/demo-keys.ts'
export { demoPlan } from '#features/demo/server/demo-plan.ts'
export { registerDemoRoutes } from '#features/demo/server/demo-routes.ts'
