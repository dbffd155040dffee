import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Input } from 'antd'
import { useState } from 'react'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { TriedTag } from '../common/tag-catalogue.ts'
import { catalogueText } from './catalogue-text.ts'
import { problemsOf, type TagDraft } from './tag-draft.ts'
import { tagText } from './tag-text.ts'

/** What the tag as it stands would say of one customer: nothing is saved. */
export function TryCard({ draft }: { draft: TagDraft }) {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const may = useMay()
  const words = useErrorWords()
  const format = useFormat()
  const [customerNo, setCustomerNo] = useState('')
  const attempt = useMutation({
    mutationFn: () =>
      api.post<TriedTag>('/api/tag-catalogue/try', {
        type: draft.type,
        source: draft.source,
        customerNo: customerNo.trim(),
      }),
  })
  if (!may('balance.read')) return null
  const isWhole = problemsOf({ ...draft, key: 'x', name: { zh: 'x', en: 'x' } }).length === 0
  const { data } = attempt
  return (
    <Card size="small" title={c.check}>
      <Flex vertical gap={8}>
        <Flex gap={8}>
          <Input
            aria-label={t.customerNo}
            placeholder={t.customerNo}
            value={customerNo}
            onChange={({ target }) => setCustomerNo(target.value)}
          />
          <Button
            disabled={!isWhole || customerNo.trim() === ''}
            loading={attempt.isPending}
            onClick={() => attempt.mutate()}
          >
            {t.tryIt}
          </Button>
        </Flex>
        {attempt.error && <Alert type="error" showIcon title={words(attempt.error)} />}
        {data && (
          <span>
            <strong>{data.value === null ? t.noValue : `${data.value} ${draft.unit}`}</strong>
            {data.value === null && data.said !== null && <span> · {t.unreadable(data.said)}</span>}
            <span className="quiet small"> {format.time(data.asOf)}</span>
          </span>
        )}
      </Flex>
    </Card>
  )
}
