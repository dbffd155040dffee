import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Flex } from 'antd'
import { useCallback, useState } from 'react'
import { Link } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import { catalogueText } from './catalogue-text.ts'
import { RetireDialog } from './RetireDialog.tsx'
import { tagText } from './tag-text.ts'

/** What one may do with a tag. */
export function TagActions({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const may = useMay()
  const words = useErrorWords()
  const queries = useQueryClient()
  const [jobId, setJobId] = useState<string | null>(null)
  const [isRetiring, setRetiring] = useState(false)
  const refresh = useMutation({
    mutationFn: () => api.post<{ jobId: string }>(pathOf`/api/tags/${tag.key}/refresh`, {}),
    onSuccess: (job) => setJobId(job.jobId),
  })
  const onEnd = useCallback(() => void queries.invalidateQueries({ queryKey: ['/api/tags'] }), [queries])
  if (tag.state === 'retired') return null
  const isPublished = tag.state === 'published'
  return (
    <Flex vertical gap={8} align="flex-end">
      <Flex gap={8} wrap>
        {may('tag.write') && (
          <Button danger type="text" onClick={() => setRetiring(true)} data-testid="tag-retire">
            {c.retire}
          </Button>
        )}
        {may('tag.write') && (
          <Link to={`/tags/${tag.key}/edit`}>
            <Button>{t.edit}</Button>
          </Link>
        )}
        {may('tag.write') && isPublished && (
          <Button onClick={() => refresh.mutate()} loading={refresh.isPending} data-testid="tag-refresh">
            {t.refresh}
          </Button>
        )}
        {may('segment.write') && isPublished && (
          <Link to={`/segments/new?tag=${tag.key}`}>
            <Button type="primary">{t.useIt}</Button>
          </Link>
        )}
      </Flex>
      {refresh.error && <Alert type="error" showIcon title={words(refresh.error)} />}
      {jobId && <JobProgress jobId={jobId} title={t.refreshing} onEnd={onEnd} />}
      {isRetiring && <RetireDialog tag={tag} onClose={() => setRetiring(false)} />}
    </Flex>
  )
}
