export type {
  CompiledPlan,
  FindingCode,
  PlanFinding,
  PlanSnapshot,
} from '#features/plan/common/compile-plan.ts'
export { createPlan, type Plan, type PlanDeps } from '#features/plan/server/plan.ts'
export { registerPlanRoutes } from '#features/plan/server/plan-routes.ts'
export type { UsesOfEvent } from '#features/plan/server/plan-service.ts'
