export {
  type DemoDeps,
  type DemoOptions,
  isDemoBank,
  isDemoWanted,
  seedDemoBank,
} from '#features/demo/server/demo-bank.ts'
export { seedBehaviour } from '#features/demo/server/demo-behaviour.ts'
export {
  type DemoCampaign,
  demoCampaigns,
  demoSegments,
  demoTags,
} from '#features/demo/server/demo-definitions.ts'
export { demoIssuer, openTokenSigner, type TokenSigner } from '#features/demo/server/demo-keys.ts'
export { demoPlan } from '#features/demo/server/demo-plan.ts'
export { registerDemoRoutes } from '#features/demo/server/demo-routes.ts'
