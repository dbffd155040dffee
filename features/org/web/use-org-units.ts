import { useQuery } from '@tanstack/react-query'
import { api } from '#platform/web/api.ts'
import type { OrgUnit } from '../common/org.ts'

/** The units this person may see. */
export const useOrgUnits = () =>
  useQuery({
    queryKey: ['/api/org-units'],
    queryFn: ({ signal }) => api.get<{ items: OrgUnit[] }>('/api/org-units', undefined, signal),
    staleTime: 300_000,
  })
