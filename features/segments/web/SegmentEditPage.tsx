import { useQuery } from '@tanstack/react-query'
import { useParams, useSearchParams } from 'react-router'
import type { Rule } from '#features/rules/common/rule.ts'
import { readRule } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { Loaded } from '#platform/web/states.tsx'
import type { Segment } from '../common/segment.ts'
import { type SegmentDraft, SegmentForm } from './SegmentForm.tsx'

const emptyDraft: SegmentDraft = {
  key: '',
  name: '',
  description: '',
  rule: { all: [] },
  refreshMode: 'streaming',
  refreshEveryMinutes: 1440,
  driftLimit: 0.001,
}

/** One page for a new segment and for a change: the form does not know which. */
export function SegmentEditPage() {
  const { key } = useParams()
  const [search] = useSearchParams()
  const tag = search.get('tag')
  const given = readGiven(search.get('rule'))
  if (key !== undefined) return <ChangeSegment segmentKey={key} />
  if (given) return <SegmentForm draftKey="segment.new.rule" start={{ ...emptyDraft, rule: given }} />
  if (tag === null) return <SegmentForm draftKey="segment.new" start={emptyDraft} />
  return (
    <SegmentForm
      draftKey={`segment.new.${tag}`}
      start={{ ...emptyDraft, rule: { all: [{ tag, is: 'exists' }] } }}
    />
  )
}

/** A rule that another page leads here with. */
function readGiven(text: string | null): Rule | undefined {
  const read = text === null ? undefined : readRule(text)
  return read && 'rule' in read ? read.rule : undefined
}

function ChangeSegment({ segmentKey }: { segmentKey: string }) {
  const segment = useQuery({
    queryKey: ['/api/segments', segmentKey],
    queryFn: ({ signal }) => api.get<Segment>(pathOf`/api/segments/${segmentKey}`, undefined, signal),
  })
  return (
    <Loaded query={segment}>
      {({ key, name, description, rule, refreshMode, refreshEveryMinutes, driftLimit }) => (
        <SegmentForm
          draftKey={`segment.${key}`}
          start={{ key, name, description, rule, refreshMode, refreshEveryMinutes, driftLimit }}
          existing={name}
        />
      )}
    </Loaded>
  )
}
