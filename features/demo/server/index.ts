export { type DemoDeps, type DemoOptions, isDemoBank, isDemoWanted, seedDemoBank } from '#features/demo/server/demo-bank.ts'
export { demoIssuer, openTokenSigner, type TokenSigner } from '#features/demo/server/demo-keys.ts'
export { registerDemoRoutes } from '#features/demo/server/demo-routes.ts'
