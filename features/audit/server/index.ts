export { registerAuditRoutes } from '#features/audit/server/audit-routes.ts'
export { type Audit, type AuditInput, createAudit } from '#features/audit/server/audit-service.ts'
