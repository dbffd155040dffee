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
type Bucket = { value?: string; from?: string; to?: string; count: number }

/** What a rule may mention: the tags, segments and events this person may see. */
export type Vocabulary = {
  tags: readonly TagOption[]
  segments: readonly SegmentOption[]
  events: readonly EventOption[]
  names: RuleNames
}

const staleTime = 60_000
const nothing: readonly never[] = []

/** Reads tags, segments and event names once for all editors on a page. */
export function useVocabulary(): Vocabulary {
  const may = useMay()
  const language = useLanguage()
  const tags = useQuery({
    queryKey: ['/api/tags', 'options'],
    queryFn: ({ signal }) => api.get<Page<TagOption>>('/api/tags', { limit: 500 }, signal),
    enabled: may('tag.read'),
    staleTime,
  })
  const segments = useQuery({
    queryKey: ['/api/segments', 'options'],
    queryFn: ({ signal }) => api.get<Page<SegmentOption>>('/api/segments', { limit: 500 }, signal),
    enabled: may('segment.read'),
    staleTime,
  })
  const events = useQuery({
    queryKey: ['/api/event-names'],
    queryFn: ({ signal }) => api.get<{ items: EventOption[] }>('/api/event-names', undefined, signal),
    enabled: may('event.read'),
    staleTime,
  })
  return useMemo(() => {
    const tagList = tags.data?.items ?? nothing
    const segmentList = segments.data?.items ?? nothing
    const tagByKey = new Map(tagList.map((tag) => [tag.key, { name: tag.name[language], type: tag.type }]))
    const segmentByKey = new Map(segmentList.map((segment) => [segment.key, segment.name]))
    return {
      tags: tagList,
      segments: segmentList,
      events: events.data?.items ?? nothing,
      names: { tag: (key) => tagByKey.get(key), segment: (key) => segmentByKey.get(key) },
    }
  }, [tags.data, segments.data, events.data, language])
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
