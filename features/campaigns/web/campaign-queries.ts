import { useQuery } from '@tanstack/react-query'
import { api, pathOf } from '#platform/web/api.ts'
import { useMay } from '#platform/web/session.tsx'
import type { Campaign, Funnel, Report } from '../common/campaign.ts'

/** Every cached read of campaigns starts with it. */
export const campaignsKey = '/api/campaigns'

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
