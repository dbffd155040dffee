import { z } from 'zod'
import { Approval, ApprovalPage, ApprovalQuery, Decide, Reject } from '#features/approvals/common/approval.ts'
import type { Approvals } from '#features/approvals/server/approvals.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['approvals']
const params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) })

/** The HTTP API of approvals. */
export function registerApprovalRoutes(http: Http, { approvals }: { approvals: Approvals }): void {
  http.get(
    '/api/approvals',
    {
      config: { permission: 'approval.read' },
      schema: {
        operationId: 'listApprovals',
        tags,
        querystring: ApprovalQuery,
        response: { 200: ApprovalPage },
      },
    },
    async (request) => approvals.list(request.caller, request.scope, request.query),
  )
  http.get(
    '/api/approvals/:id',
    {
      config: { permission: 'approval.read' },
      schema: { operationId: 'getApproval', tags, params, response: { 200: Approval } },
    },
    async (request) => approvals.get(request.caller, request.scope, request.params.id),
  )
  http.post(
    '/api/approvals/:id/approve',
    {
      config: { permission: 'approval.decide' },
      schema: { operationId: 'approve', tags, params, body: Decide, response: { 200: Approval } },
    },
    async (request) =>
      approvals.decide(request.caller, request.params.id, { kind: 'approve', ...request.body }),
  )
  http.post(
    '/api/approvals/:id/reject',
    {
      config: { permission: 'approval.decide' },
      schema: { operationId: 'reject', tags, params, body: Reject, response: { 200: Approval } },
    },
    async (request) =>
      approvals.decide(request.caller, request.params.id, { kind: 'reject', ...request.body }),
  )
}
