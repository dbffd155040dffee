export { registerModelRoutes } from '#features/models/server/model-routes.ts'
export { createModels, type Models, type ModelUse } from '#features/models/server/models.ts'
export { findScoringModel, type ScoringModel, weightsSql } from '#features/models/server/scoring.ts'
