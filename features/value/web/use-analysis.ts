import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, pathOf } from '#platform/web/api.ts'

/** Asks an analysis; undefined asks nothing yet. */
export const useAnalysis = <A>(kind: string, query: object | undefined) =>
  useQuery({
    queryKey: ['insight', kind, query],
    queryFn: ({ signal }) => api.post<A>(pathOf`/api/insight/${kind}`, query, signal),
    enabled: query !== undefined,
    placeholderData: keepPreviousData,
  })
