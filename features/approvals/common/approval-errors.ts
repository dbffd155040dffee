import { defineErrors } from '#platform/common/errors.ts'

type None = Record<string, never>

/** Errors of approvals. */
export const approvalError = defineErrors({
  APPROVAL_NOT_FOUND: ['missing', (d: { approvalId: number }) => `There is no approval ${d.approvalId}.`],
  APPROVAL_OWN: ['forbidden', (_: None) => 'Nobody approves what they made: someone else must decide.'],
  APPROVAL_SECOND: [
    'forbidden',
    (_: None) => 'You approved this already; the second approval is for another person.',
  ],
  APPROVAL_DECIDED: ['conflict', (d: { state: string }) => `This approval is ${d.state} already.`],
  APPROVAL_OPEN: [
    'conflict',
    (d: { key: string }) => `An approval of "${d.key}" is open already; it is withdrawn or decided first.`,
  ],
  APPROVAL_CONTENT_CHANGED: [
    'conflict',
    (_: None) => 'The content to approve is not the one you read. Read it again.',
  ],
  APPROVAL_STALE: [
    'conflict',
    (d: { key: string }) =>
      `What "${d.key}" contains, or a segment or tag it uses, has changed since; it is a draft again and needs a new approval.`,
  ],
})
