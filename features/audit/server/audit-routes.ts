import { AuditPage, AuditQuery, AuditVerification } from '#features/audit/common/audit.ts'
import type { Audit } from '#features/audit/server/audit-service.ts'
import type { Http } from '#platform/server/http.ts'

export function registerAuditRoutes(http: Http, deps: { audit: Audit }): void {
  http.get(
    '/api/audit',
    {
      config: { permission: 'audit.read' },
      schema: {
        operationId: 'listAudit',
        tags: ['audit'],
        querystring: AuditQuery,
        response: { 200: AuditPage },
      },
    },
    async (request) => deps.audit.list(request.query),
  )
  http.get(
    '/api/audit/verify',
    {
      config: { permission: 'audit.read' },
      schema: { operationId: 'verifyAudit', tags: ['audit'], response: { 200: AuditVerification } },
    },
    async () => deps.audit.verify(),
  )
}
