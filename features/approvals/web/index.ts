import { AuditOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

export { approvalsKey, useApprovalsOf } from './approval-queries.ts'
export { ApprovalViewsContext } from './approval-views.ts'
export { approvalStateColors, approvalStateNames } from './approval-words.ts'
export { ContentDiff } from './ContentDiff.tsx'
export { type ContentRow, diffRows } from './content-diff.ts'
export { DiffTable } from './DiffTable.tsx'

/** Pages of approvals. */
export const approvals: WebFeature = {
  routes: [
    {
      path: '/approvals',
      permission: 'approval.read',
      load: async () => (await import('./ApprovalListPage.tsx')).ApprovalListPage,
    },
    {
      path: '/approvals/:approvalId',
      permission: 'approval.read',
      load: async () => (await import('./ApprovalPage.tsx')).ApprovalPage,
    },
  ],
  menu: [
    {
      centre: 'governance',
      path: '/approvals',
      label: ['审批', 'Approvals'],
      icon: AuditOutlined,
      permission: 'approval.read',
      keywords: 'sp shenpi fuhe',
    },
  ],
  errors: {
    APPROVAL_NOT_FOUND: [
      '没有这条审批，或不在您的机构范围内。',
      'No such approval, or outside your org units.',
    ],
    APPROVAL_OWN: [
      '经办人不能审批自己的内容，请由其他人复核。',
      'Nobody approves what they made: someone else must decide.',
    ],
    APPROVAL_SECOND: [
      '您已批准过，第二次批准须由另一人作出。',
      'You approved it already; the second approval is for another person.',
    ],
    APPROVAL_DECIDED: ['这条审批已有结论。', 'This approval is decided already.'],
    APPROVAL_OPEN: [
      '已有一条待审批，请先撤回或等待结论。',
      'An approval is open already; withdraw it or wait.',
    ],
    APPROVAL_CONTENT_CHANGED: [
      '内容和您看到的不一致，请刷新后重新审阅。',
      'The content is not the one you read. Reload and read it again.',
    ],
    APPROVAL_STALE: [
      '这份内容或它用到的客群、标签在提交后又变了，已退回草稿，需要重新提交。',
      'The content, or a segment or tag it uses, has changed since; it is a draft again and needs a new approval.',
    ],
  },
}
