import type { Pair } from '#platform/web/language.ts'

/** Names and colours of the states of an approval. */
export const approvalStateNames: { readonly [S in 'open' | 'approved' | 'rejected' | 'withdrawn']: Pair } = {
  open: ['待审批', 'Open'],
  approved: ['已批准', 'Approved'],
  rejected: ['已驳回', 'Rejected'],
  withdrawn: ['已撤回', 'Withdrawn'],
}
export const approvalStateColors = {
  open: 'gold',
  approved: 'success',
  rejected: 'error',
  withdrawn: 'default',
} as const
