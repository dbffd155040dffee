import { useQuery } from '@tanstack/react-query'
import type { Page } from '#platform/common/http.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useMay } from '#platform/web/session.tsx'
import type { Approval, Campaign, Funnel, Report } from '../common/campaign.ts'

/** Every cached read of campaigns and approvals starts with one of these. */
export const campaignsKey = '/api/campaigns'
export const approvalsKey = '/api/approvals'

export const useCampaign = (key: string, refetchInterval?: number) =>
  useQuery({
    queryKey: [campaignsKey, key],
    queryFn: ({ signal }) => api.get<Campaign>(pathOf`/api/campaigns/${key}`, undefined, signal),
    refetchInterval,
  })

/** Live numbers; `refetchInterval` in milliseconds while it runs. */
export const useFunnel = (key: string, options: { isWanted?: boolean; refetchInterval?: number } = {}) => {
  const may = useMay()
  return useQuery({
    queryKey: [campaignsKey, key, 'funnel'],
    queryFn: ({ signal }) => api.get<Funnel>(pathOf`/api/campaigns/${key}/funnel`, undefined, signal),
    enabled: may('report.read') && (options.isWanted ?? true),
    refetchInterval: options.refetchInterval,
    staleTime: options.refetchInterval ? 0 : 30_000,
  })
}

export const useReport = (key: string, refetchInterval?: number) => {
  const may = useMay()
  return useQuery({
    queryKey: [campaignsKey, key, 'report'],
    queryFn: ({ signal }) => api.get<Report>(pathOf`/api/campaigns/${key}/report`, undefined, signal),
    enabled: may('report.read'),
    refetchInterval,
  })
}

/** The approvals of one campaign, newest first. */
export const useApprovalsOf = (key: string) => {
  const may = useMay()
  return useQuery({
    queryKey: [approvalsKey, 'of', key],
    queryFn: async ({ signal }) => {
      const found = await api.get<Page<Approval>>('/api/approvals', { limit: 200 }, signal)
      return found.items.filter((approval) => approval.objectKey === key)
    },
    enabled: may('approval.read'),
  })
}
