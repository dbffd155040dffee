import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { Loaded } from '#platform/web/states.tsx'
import type { Segment } from '../common/segment.ts'
import { type SegmentDraft, SegmentForm } from './SegmentForm.tsx'

const emptyDraft: SegmentDraft = { key: '', name: '', description: '', rule: { all: [] } }

/** One page for a new segment and for a change: the form does not know which. */
export function SegmentEditPage() {
  const { key } = useParams()
  if (key === undefined) return <SegmentForm draftKey="segment.new" start={emptyDraft} />
  return <ChangeSegment segmentKey={key} />
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
