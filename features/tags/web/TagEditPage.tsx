import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { Loaded } from '#platform/web/states.tsx'
import { usePick } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import { TagForm } from './TagForm.tsx'
import { emptyTag } from './tag-draft.ts'

/** One page for a new tag and for a change: the form does not know which. */
export function TagEditPage() {
  const { key } = useParams()
  if (key === undefined) return <TagForm draftKey="tag.new" start={emptyTag} />
  return <ChangeTag tagKey={key} />
}

function ChangeTag({ tagKey }: { tagKey: string }) {
  const pick = usePick()
  const tag = useQuery({
    queryKey: ['/api/tags', tagKey],
    queryFn: ({ signal }) => api.get<Tag>(pathOf`/api/tags/${tagKey}`, undefined, signal),
  })
  return (
    <Loaded query={tag}>
      {({ key, name, type, source, class: grade, description, refreshEveryMinutes }) => (
        <TagForm
          draftKey={`tag.${key}`}
          start={{ key, name, type, source, class: grade, description, refreshEveryMinutes }}
          existing={pick(name)}
        />
      )}
    </Loaded>
  )
}
