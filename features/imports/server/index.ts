export { registerImportRoutes } from '#features/imports/server/import-routes.ts'
export {
  createImports,
  type ImportDeps,
  type Imports,
  type RunImport,
} from '#features/imports/server/imports.ts'
export { parseMapping } from '#features/imports/server/load-mapping.ts'
export { createOperator, type Operator, type OperatorDeps } from '#features/imports/server/operator.ts'
export { registerOperatorRoutes } from '#features/imports/server/operator-routes.ts'
