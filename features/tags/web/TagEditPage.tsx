import { useParams, useSearchParams } from 'react-router'
import { Loaded } from '#platform/web/states.tsx'
import { usePick } from '#platform/web/text.ts'
import type { TagTemplate } from '../common/tag-catalogue.ts'
import type { TagSource } from '../common/tag-source.ts'
import { useDirectories, useTag, useTemplates } from './catalogue-queries.ts'
import { TagForm } from './TagForm.tsx'
import { draftOf, emptyTag, type TagDraft } from './tag-draft.ts'

/** One page for a new tag and for a change: the form does not know which. */
export function TagEditPage() {
  const { key } = useParams()
  const [search] = useSearchParams()
  const template = search.get('template')
  if (key !== undefined) return <ChangeTag tagKey={key} />
  if (template) return <FromTemplate templateKey={template} />
  return <TagForm draftKey="tag.new" start={emptyTag} />
}

function ChangeTag({ tagKey }: { tagKey: string }) {
  const pick = usePick()
  const tag = useTag(tagKey)
  return (
    <Loaded query={tag}>
      {(found) => (
        <TagForm draftKey={`tag.${found.key}`} start={draftOf(found)} existing={pick(found.name)} />
      )}
    </Loaded>
  )
}

function FromTemplate({ templateKey }: { templateKey: string }) {
  const templates = useTemplates()
  const directories = useDirectories()
  const known = new Set(directories.data?.items.map((one) => one.key))
  return (
    <Loaded query={templates}>
      {({ items }) => {
        const template = items.find((one) => one.key === templateKey)
        const start = template ? startOf(template, known) : emptyTag
        return <TagForm draftKey={`tag.template.${templateKey}`} start={start} />
      }}
    </Loaded>
  )
}

/** A template as a draft; folders that are not there yet are left for the person to choose. */
const startOf = (template: TagTemplate, folders: ReadonlySet<string>): TagDraft => ({
  ...emptyTag,
  key: template.key,
  name: template.name,
  type: template.type,
  source: template.source as TagSource,
  class: template.class,
  description: template.description.zh,
  unit: template.unit,
  directory: template.directory.every((key) => folders.has(key)) ? template.directory : [],
  template: template.key,
})
