import { useQuery } from '@tanstack/react-query'
import { useParams, useSearchParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { Loaded } from '#platform/web/states.tsx'
import type { Segment } from '../common/segment.ts'
import { type SegmentDraft, SegmentForm } from './SegmentForm.tsx'

const emptyDraft: SegmentDraft = { key: '', name: '', description: '', rule: { all: [] } }

/** One page for a new segment and for a change: the form does not know which. */
export function SegmentEditPage() {
  const { key } = useParams()
  const [search] = useSearchParams()
  const tag = search.get('tag')
  if (key !== undefined) return <ChangeSegment segmentKey={key} />
  if (tag === null) return <SegmentForm draftKey="segment.new" start={emptyDraft} />
  return (
    <SegmentForm
      draftKey={`segment.new.${tag}`}
      start={{ ...emptyDraft, rule: { all: [{ tag, is: 'exists' }] } }}
    />
  )
}

function ChangeSegment({ segmentKey }: { segmentKey: string }) {
  const segment = useQuery({
    queryKey: ['/api/segments', segmentKey],
    queryFn: ({ signal }) => api.get<Segment>(pathOf`/api/segments/${segmentKey}`, undefined, signal),
  })
  return (
    <Loaded query={segment}>
      {({ key, name, description, rule }) => (
        <SegmentForm draftKey={`segment.${key}`} start={{ key, name, description, rule }} existing={name} />
      )}
    </Loaded>
  )
}
