import { useQuery } from '@tanstack/react-query'
import { api, pathOf } from '#platform/web/api.ts'
import type { IngestRates } from '../common/ingest.ts'
import type { Source, SourceDetail } from '../common/source.ts'

export const useSources = () =>
  useQuery({
    queryKey: ['/api/sources'],
    queryFn: ({ signal }) => api.get<{ items: Source[] }>('/api/sources', undefined, signal),
    refetchInterval: 30_000,
  })

export const useSource = (source: string) =>
  useQuery({
    queryKey: ['/api/sources', source],
    queryFn: ({ signal }) => api.get<SourceDetail>(pathOf`/api/sources/${source}`, undefined, signal),
    refetchInterval: 30_000,
  })

/** Minutes of the pictures. */
export const ratesMinutes = 60

export const useRates = (source?: string, everyMs = 10_000) =>
  useQuery({
    queryKey: ['/api/ingest/rates', source],
    queryFn: ({ signal }) =>
      api.get<IngestRates>('/api/ingest/rates', { minutes: ratesMinutes, source }, signal),
    refetchInterval: everyMs,
  })
