import { useQuery } from '@tanstack/react-query'
import { api } from '#platform/web/api.ts'
import { useMay } from '#platform/web/session.tsx'

/** Names of org units by id; a unit outside the reader's view has none. */
export function useOrgNames(): (orgId: number) => string | undefined {
  const may = useMay()
  const units = useQuery({
    queryKey: ['/api/org-units'],
    queryFn: ({ signal }) =>
      api.get<{ items: { orgId: number; name: string }[] }>('/api/org-units', undefined, signal),
    enabled: may('org.read'),
    staleTime: 300_000,
  })
  return (orgId) => units.data?.items.find((unit) => unit.orgId === orgId)?.name
}
