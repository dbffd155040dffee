import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Tag as Badge, Button, Card, Descriptions, Flex, Popconfirm } from 'antd'
import { useCallback, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { UsesCard, VersionsCard } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import { SourceInWords } from './SourceInWords.tsx'
import { TagDistribution } from './TagDistribution.tsx'
import { classNames, sourceName, tagText, typeNames } from './tag-text.ts'

export function TagPage() {
  const { key = '' } = useParams()
  const tag = useQuery({
    queryKey: ['/api/tags', key],
    queryFn: ({ signal }) => api.get<Tag>(pathOf`/api/tags/${key}`, undefined, signal),
  })
  return <Loaded query={tag}>{(data) => <TagDetail tag={data} />}</Loaded>
}

function TagDetail({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const pick = usePick()
  const format = useFormat()
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={pick(tag.name)}
        back="/tags"
        tags={
          <>
            <Badge>{tag.key}</Badge>
            <Badge>{t.version(tag.version)}</Badge>
            {tag.class === 'C2' && <Badge color="warning">{pick(classNames.C2)}</Badge>}
            {tag.lastError && <Badge color="error">{t.failed}</Badge>}
          </>
        }
        description={tag.description}
        actions={<Actions tag={tag} />}
      />
      {tag.lastError && (
        <Alert
          type="warning"
          showIcon
          title={`${t.failed}${tag.lastAttemptAt ? ` · ${format.time(tag.lastAttemptAt)}` : ''}`}
          description={`${t.failedHint} ${t.reason} ${tag.lastError}`}
        />
      )}
      <div className="card-grid">
        <TagDistribution tag={tag} />
        <Card size="small" title={t.definition}>
          <Flex vertical gap={12}>
            <SourceInWords source={tag.source} />
            <Facts tag={tag} />
          </Flex>
        </Card>
      </div>
      <div className="card-grid">
        <UsesCard path={pathOf`/api/tags/${tag.key}`} />
        <VersionsCard path={pathOf`/api/tags/${tag.key}`} />
      </div>
    </Flex>
  )
}

function Facts({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const pick = usePick()
  const format = useFormat()
  return (
    <Descriptions
      size="small"
      column={1}
      items={[
        { key: 'type', label: t.type, children: pick(typeNames[tag.type]) },
        { key: 'source', label: t.source, children: pick(sourceName(tag.source)) },
        { key: 'class', label: t.class, children: pick(classNames[tag.class]) },
        {
          key: 'every',
          label: t.refreshEvery,
          children: tag.refreshEveryMinutes === null ? t.manual : t.every(tag.refreshEveryMinutes),
        },
        {
          key: 'refreshed',
          label: t.refreshed,
          children: tag.refreshedAt
            ? `${format.time(tag.refreshedAt)}（${format.ago(tag.refreshedAt)}）`
            : t.neverRefreshed,
        },
        { key: 'owner', label: t.owner, children: tag.createdBy },
      ]}
    />
  )
}

function Actions({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const may = useMay()
  const words = useErrorWords()
  const queries = useQueryClient()
  const [jobId, setJobId] = useState<string | null>(null)
  const refresh = useMutation({
    mutationFn: () => api.post<{ jobId: string }>(pathOf`/api/tags/${tag.key}/refresh`, {}),
    onSuccess: (job) => setJobId(job.jobId),
  })
  const onEnd = useCallback(() => void queries.invalidateQueries({ queryKey: ['/api/tags'] }), [queries])
  return (
    <Flex vertical gap={8} align="flex-end">
      <Flex gap={8} wrap>
        {may('tag.write') && <DeleteButton tag={tag} />}
        {may('tag.write') && (
          <Link to={`/tags/${tag.key}/edit`}>
            <Button>{t.edit}</Button>
          </Link>
        )}
        {may('tag.write') && (
          <Button onClick={() => refresh.mutate()} loading={refresh.isPending} data-testid="tag-refresh">
            {t.refresh}
          </Button>
        )}
        {may('segment.write') && (
          <Link to={`/segments/new?tag=${tag.key}`}>
            <Button type="primary">{t.useIt}</Button>
          </Link>
        )}
      </Flex>
      {refresh.error && <Alert type="error" showIcon title={words(refresh.error)} />}
      {jobId && <JobProgress jobId={jobId} title={t.refreshing} onEnd={onEnd} />}
    </Flex>
  )
}

function DeleteButton({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const remove = useMutation({
    mutationFn: () => api.delete(pathOf`/api/tags/${tag.key}`),
    onSuccess: async () => {
      await navigate('/tags')
      await queries.invalidateQueries({ queryKey: ['/api/tags'] })
    },
    onError: (error) => void message.error(words(error)),
  })
  return (
    <Popconfirm
      title={t.deleteTitle}
      description={t.deleteHint}
      onConfirm={() => remove.mutate()}
      okText={t.delete}
      okButtonProps={{ danger: true }}
    >
      <Button danger type="text" loading={remove.isPending}>
        {t.delete}
      </Button>
    </Popconfirm>
  )
}
