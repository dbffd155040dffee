import { useQuery } from '@tanstack/react-query'
import type { Page } from '#platform/common/http.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useMay } from '#platform/web/session.tsx'
import type { Approval } from '../common/approval.ts'

/** Every cached read of approvals starts with it. */
export const approvalsKey = '/api/approvals'

export const useApproval = (approvalId: string) =>
  useQuery({
    queryKey: [approvalsKey, approvalId],
    queryFn: ({ signal }) => api.get<Approval>(pathOf`/api/approvals/${approvalId}`, undefined, signal),
  })

/** The approvals of one thing, newest first. */
export const useApprovalsOf = (objectType: string, objectKey: string) => {
  const may = useMay()
  return useQuery({
    queryKey: [approvalsKey, 'of', objectType, objectKey],
    queryFn: async ({ signal }) =>
      (await api.get<Page<Approval>>('/api/approvals', { objectType, objectKey, limit: 50 }, signal)).items,
    enabled: may('approval.read'),
  })
}
