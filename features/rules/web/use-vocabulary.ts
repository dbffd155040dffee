import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Page } from '#platform/common/http.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useMay } from '#platform/web/session.tsx'
import type { RuleNames } from './rule-words.ts'

type TagType = 'bool' | 'enum' | 'number' | 'date'
type TagOption = { key: string; name: { zh: string; en: string }; type: TagType }
type SegmentOption = { key: string; name: string }
type EventOption = { name: string; count: number }
type ListOption = { key: string; name: string }
type OrgOption = { orgId: number; code: string; name: string }
type Bucket = { value?: string; from?: string; to?: string; count: number }

/** What a rule may mention: the tags, segments and events this person may see. */
export type Vocabulary = {
  tags: readonly TagOption[]
  segments: readonly SegmentOption[]
  events: readonly EventOption[]
  lists: readonly ListOption[]
  orgs: readonly OrgOption[]
  names: RuleNames
}

const staleTime = 60_000
const nothing: readonly never[] = []

/** Definitions beyond this many are found by typing their key. */
const mostPages = 20

/** All pages of a list, so that the five thousandth tag is found as well as the first. */
async function readAll<T>(path: string, signal: AbortSignal): Promise<{ items: T[] }> {
  const items: T[] = []
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const found = await api.get<Page<T>>(path, { limit: 500, ...(cursor ? { cursor } : {}) }, signal)
    items.push(...found.items)
    if (found.nextCursor === null) break
    cursor = found.nextCursor
  }
  return { items }
}

/** Reads what rules may mention once for all editors on a page. */
export function useVocabulary(): Vocabulary {
  const may = useMay()
  const language = useLanguage()
  const tags = useQuery({
    queryKey: ['/api/tags', 'options'],
    queryFn: ({ signal }) => readAll<TagOption>('/api/tags', signal),
    enabled: may('tag.read'),
    staleTime,
  })
  const segments = useQuery({
    queryKey: ['/api/segments', 'options'],
    queryFn: ({ signal }) => readAll<SegmentOption>('/api/segments', signal),
    enabled: may('segment.read'),
    staleTime,
  })
  const events = useQuery({
    queryKey: ['/api/event-names'],
    queryFn: ({ signal }) => api.get<{ items: EventOption[] }>('/api/event-names', undefined, signal),
    enabled: may('event.read'),
    staleTime,
  })
  const lists = useQuery({
    queryKey: ['/api/lists', 'options'],
    queryFn: ({ signal }) => readAll<ListOption>('/api/lists', signal),
    enabled: may('segment.read'),
    retry: false,
    staleTime,
  })
  const orgs = useQuery({
    queryKey: ['/api/org-units'],
    queryFn: ({ signal }) => api.get<{ items: OrgOption[] }>('/api/org-units', undefined, signal),
    enabled: may('org.read'),
    staleTime,
  })
  return useMemo(() => {
    const tagList = tags.data?.items ?? nothing
    const segmentList = segments.data?.items ?? nothing
    const tagByKey = new Map(tagList.map((tag) => [tag.key, { name: tag.name[language], type: tag.type }]))
    const listByKey = new Map((lists.data?.items ?? nothing).map((list) => [list.key, list.name]))
    const orgByCode = new Map((orgs.data?.items ?? nothing).map((org) => [org.code, org.name]))
    const segmentByKey = new Map(segmentList.map((segment) => [segment.key, segment.name]))
    return {
      tags: tagList,
      segments: segmentList,
      events: events.data?.items ?? nothing,
      lists: lists.data?.items ?? nothing,
      orgs: orgs.data?.items ?? nothing,
      names: {
        tag: (key) => tagByKey.get(key),
        segment: (key) => segmentByKey.get(key),
        list: (key) => listByKey.get(key),
        org: (code) => orgByCode.get(code),
      },
    }
  }, [tags.data, segments.data, events.data, lists.data, orgs.data, language])
}

/** Properties seen on an event, with examples of their values. */
export function useEventProperties(event: string) {
  const may = useMay()
  const found = useQuery({
    queryKey: ['/api/event-names', event],
    queryFn: ({ signal }) =>
      api.get<{ items: { name: string; examples: string[] }[] }>(
        pathOf`/api/event-names/${event}/properties`,
        undefined,
        signal,
      ),
    enabled: event !== '' && may('event.read'),
    staleTime,
  })
  return found.data?.items ?? nothing
}

/** Values a tag takes now, most frequent first. */
export function useTagValues(tag: string, isWanted: boolean): readonly { value: string; count: number }[] {
  const found = useQuery({
    queryKey: ['/api/tags', tag, 'distribution'],
    queryFn: ({ signal }) =>
      api.get<{ values: Bucket[] }>(pathOf`/api/tags/${tag}/distribution`, undefined, signal),
    enabled: isWanted && tag !== '',
    staleTime,
  })
  return useMemo(
    () =>
      (found.data?.values ?? []).flatMap(({ value, count }) =>
        value === undefined ? [] : [{ value, count }],
      ),
    [found.data],
  )
}
