import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { usePick } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import type { Impact, Lineage, TagDirectories, TagDirectory, TagTemplate } from '../common/tag-catalogue.ts'

export const tagsKey = '/api/tags'
const directoriesKey = '/api/tag-directories'

export const useTag = (key: string) =>
  useQuery({
    queryKey: [tagsKey, key],
    queryFn: ({ signal }) => api.get<Tag>(pathOf`/api/tags/${key}`, undefined, signal),
  })

export const useDirectories = () =>
  useQuery({
    queryKey: [directoriesKey],
    queryFn: ({ signal }) => api.get<TagDirectories>(directoriesKey, undefined, signal),
    staleTime: 30_000,
  })

export const useLineage = (key: string) =>
  useQuery({
    queryKey: [tagsKey, key, 'lineage'],
    queryFn: ({ signal }) => api.get<Lineage>(pathOf`/api/tags/${key}/lineage`, undefined, signal),
  })

export const useImpact = (key: string, isWanted: boolean) =>
  useQuery({
    queryKey: [tagsKey, key, 'impact'],
    queryFn: ({ signal }) => api.get<Impact>(pathOf`/api/tags/${key}/impact`, undefined, signal),
    enabled: isWanted,
  })

export const useTemplates = () =>
  useQuery({
    queryKey: [tagsKey, 'templates'],
    queryFn: ({ signal }) => api.get<{ items: TagTemplate[] }>('/api/tag-templates', undefined, signal),
  })

/** Reads tags and folders anew. */
export function useReloadTags(): () => Promise<void> {
  const queries = useQueryClient()
  return useCallback(async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: [tagsKey] }),
      queries.invalidateQueries({ queryKey: [directoriesKey] }),
    ])
  }, [queries])
}

export type FolderNode = { value: string; key: string; title: string; children: FolderNode[] }

/** Folders as a tree for the widgets that draw trees. */
export function useFolderTree(): FolderNode[] {
  const pick = usePick()
  const directories = useDirectories()
  const below = (parentKey: string | null): FolderNode[] =>
    (directories.data?.items ?? [])
      .filter((one) => one.parentKey === parentKey)
      .map((one: TagDirectory) => ({
        value: one.key,
        key: one.key,
        title: `${pick(one.name)} (${one.tags})`,
        children: below(one.key),
      }))
  return below(null)
}

/** The keys from the top down to a folder. */
export function usePathOfFolder(): (key: string | null) => string[] {
  const directories = useDirectories()
  return (key) => directories.data?.items.find((one) => one.key === key)?.path ?? []
}
