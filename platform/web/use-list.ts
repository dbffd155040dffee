import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { Page } from '#platform/common/http.ts'
import { api, type Query } from './api.ts'

/** A list of the API, page after page by cursor. */
export function useList<T>(
  path: string,
  query: Query = {},
  options: { enabled?: boolean; limit?: number } = {},
) {
  const found = useInfiniteQuery({
    queryKey: [path, 'list', query, options.limit],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<T>>(path, { ...query, limit: options.limit ?? 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
  })
  const items = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data])
  return { ...found, items }
}
export type List<T> = ReturnType<typeof useList<T>>

/** Filters kept in the address, so that a list can be sent to a colleague as it is. */
export function useFilters<const N extends string>(names: readonly N[]) {
  const [search, setSearch] = useSearchParams()
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<N, string>
  const set = (changes: Partial<Record<N, string | null | undefined>>) =>
    setSearch(
      (before) => {
        for (const [name, value] of Object.entries<string | null | undefined>(changes)) {
          if (value) before.set(name, value)
          else before.delete(name)
        }
        return before
      },
      { replace: true },
    )
  const isFiltered = names.some((name) => values[name] !== '')
  return { values, set, isFiltered, clear: () => setSearch({}, { replace: true }) }
}
