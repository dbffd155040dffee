export { registerApprovalRoutes } from '#features/approvals/server/approval-routes.ts'
export {
  type ApprovalOutcome,
  type Approvals,
  createApprovals,
  type DecidedApproval,
} from '#features/approvals/server/approvals.ts'
export { contentHash, type Material } from '#features/approvals/server/content-hash.ts'
