import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api, pathOf } from '#platform/web/api.ts'
import { useMay } from '#platform/web/session.tsx'
import type { FindingCounts, PlanActivity, PlanChanges, PlanEvent } from '../common/plan.ts'

/** One event of the plan. */
export const usePlanEvent = (key: string) =>
  useQuery({
    queryKey: ['/api/plan/events', key],
    queryFn: ({ signal }) => api.get<PlanEvent>(pathOf`/api/plan/events/${key}`, undefined, signal),
  })

export const usePlanChanges = (key: string, revision: number) =>
  useQuery({
    queryKey: ['/api/plan/events', key, 'changes', revision],
    queryFn: ({ signal }) => api.get<PlanChanges>(pathOf`/api/plan/events/${key}/changes`, undefined, signal),
  })

/** What broke the plan, by day. */
export const useFindings = (query: { days: number; event?: string }) =>
  useQuery({
    queryKey: ['/api/plan/findings', query],
    queryFn: ({ signal }) => api.get<FindingCounts>('/api/plan/findings', query, signal),
    refetchInterval: 15_000,
  })

/** How many came by event; nobody without the permission to count events is asked. */
export function useActivity() {
  const may = useMay()
  return useQuery({
    queryKey: ['/api/plan/activity'],
    queryFn: ({ signal }) => api.get<PlanActivity>('/api/plan/activity', undefined, signal),
    enabled: may('event.read'),
    refetchInterval: 30_000,
  })
}

export function useForgetPlan(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    await queries.invalidateQueries({
      predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/api/plan'),
    })
  }
}
