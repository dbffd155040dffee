import { useMutation } from '@tanstack/react-query'
import { App, Button, Card, Flex, Input, Segmented, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useLanguage } from '#platform/web/language.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Tag as TagOf } from '../common/tag.ts'
import type { TagTemplate } from '../common/tag-catalogue.ts'
import type { TagSource } from '../common/tag-source.ts'
import { useReloadTags, useTemplates } from './catalogue-queries.ts'
import { catalogueText } from './catalogue-text.ts'
import { kindNames, kindOf, sourceSentence } from './source-words.ts'
import { typeNames } from './tag-text.ts'

/** Tags every retail bank has, to be used as they are or adjusted. */
export function TemplatesPage() {
  const t = useText(catalogueText)
  const templates = useTemplates()
  const [q, setQ] = useState('')
  const [show, setShow] = useState<'all' | 'unused'>('all')
  const isShown = (one: TagTemplate) =>
    `${one.key} ${one.name.zh} ${one.name.en}`.toLowerCase().includes(q.trim().toLowerCase()) &&
    (show === 'all' || one.usedAs === null)
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.templates} back="/tags" description={t.templatesHint} />
      <Flex gap={8} wrap>
        <Input.Search
          aria-label={t.searchHint}
          placeholder={t.searchHint}
          allowClear
          style={{ maxWidth: 320 }}
          value={q}
          onChange={({ target }) => setQ(target.value)}
        />
        <Segmented
          value={show}
          onChange={setShow}
          options={[
            { value: 'all', label: t.all },
            { value: 'unused', label: t.unused },
          ]}
        />
      </Flex>
      <Loaded query={templates}>
        {({ items }) => {
          const shown = items.filter(isShown)
          if (shown.length === 0) return <EmptyState title={t.unused} />
          return (
            <div className="card-grid">
              {shown.map((template) => (
                <TemplateCard key={template.key} template={template} />
              ))}
            </div>
          )
        }}
      </Loaded>
    </Flex>
  )
}

function TemplateCard({ template }: { template: TagTemplate }) {
  const pick = usePick()
  const language = useLanguage()
  const { names } = useVocabulary()
  const source = template.source as TagSource
  return (
    <Card
      size="small"
      title={pick(template.name)}
      extra={
        <Flex gap={4}>
          <Tag>{pick(kindNames[kindOf(source)])}</Tag>
          <Tag>{pick(typeNames[template.type])}</Tag>
          {template.class === 'C2' && <Tag color="warning">C2</Tag>}
        </Flex>
      }
    >
      <Flex vertical gap={8} style={{ height: '100%' }}>
        <span>{pick(template.description)}</span>
        <span className="quiet small" style={{ whiteSpace: 'pre-line', maxHeight: 96, overflowY: 'auto' }}>
          {sourceSentence(source, { names, language })}
        </span>
        <UseButtons template={template} />
      </Flex>
    </Card>
  )
}

function UseButtons({ template }: { template: TagTemplate }) {
  const t = useText(catalogueText)
  const may = useMay()
  const words = useErrorWords()
  const navigate = useNavigate()
  const { message } = App.useApp()
  const reload = useReloadTags()
  const { names } = useVocabulary()
  const use = useMutation({
    mutationFn: () => api.post<TagOf>(pathOf`/api/tag-templates/${template.key}/use`, {}),
    onSuccess: async (tag) => {
      void message.success(tag.state === 'submitted' ? t.madeSubmitted : t.made)
      await reload()
    },
    onError: (error) => void message.error(words(error)),
  })
  if (template.usedAs !== null) {
    return (
      <Link to={`/tags/${template.usedAs}`}>
        <Tag color="success">{t.usedAs}</Tag>
        {template.usedAs}
      </Link>
    )
  }
  if (!may('tag.write')) return null
  const missing = template.needs.filter((key) => names.tag(key) === undefined)
  return (
    <Flex gap={8} wrap>
      <Tooltip title={missing.length > 0 ? t.needs(missing.join('、')) : undefined}>
        <Button
          size="small"
          type="primary"
          disabled={missing.length > 0}
          loading={use.isPending}
          onClick={() => use.mutate()}
        >
          {t.use}
        </Button>
      </Tooltip>
      <Button size="small" onClick={() => void navigate(`/tags/new?template=${template.key}`)}>
        {t.adjust}
      </Button>
    </Flex>
  )
}
