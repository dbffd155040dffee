import { useQuery } from '@tanstack/react-query'
import { Button, Card, Flex, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { SimilarCustomers } from '../common/customer-tags.ts'
import { customerText } from './customer-text.ts'
import { tagValueWords } from './TagsCard.tsx'

/** Customers like this one, and what makes them alike; looked for when asked. */
export function SimilarCard({ customerNo }: { customerNo: string }) {
  const t = useText(customerText)
  const [isWanted, setWanted] = useState(false)
  const similar = useQuery({
    queryKey: ['/api/customers', customerNo, 'similar'],
    queryFn: ({ signal }) =>
      api.get<SimilarCustomers>(pathOf`/api/customers/${customerNo}/similar`, undefined, signal),
    enabled: isWanted,
    staleTime: 300_000,
  })
  return (
    <Card
      size="small"
      title={<Tooltip title={t.similarHint}>{t.similar}</Tooltip>}
      data-testid="customer-similar"
    >
      {isWanted ? (
        <Loaded query={similar} rows={4}>
          {(data) => <Found similar={data} />}
        </Loaded>
      ) : (
        <Button onClick={() => setWanted(true)}>{t.findSimilar}</Button>
      )}
    </Card>
  )
}

function Found({ similar }: { similar: SimilarCustomers }) {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  if (similar.items.length === 0) return <EmptyState title={t.noSimilar} />
  return (
    <Flex vertical gap={12}>
      {similar.items.map((one) => (
        <Flex key={one.customerNo} vertical gap={4}>
          <Flex gap={8} wrap align="baseline" justify="space-between">
            <span>
              <Link to={`/customers/${one.customerNo}`}>{one.name ?? one.customerNo}</Link>{' '}
              <span className="quiet small">
                {one.customerNo} · {one.orgName}
              </span>
            </span>
            <strong>{format.rate(one.similarity, 1)}</strong>
          </Flex>
          <Flex gap={4} wrap>
            {one.reasons.map((reason) => (
              <Tooltip
                key={reason.key}
                title={t.similarValues(
                  tagValueWords(reason, t, format),
                  tagValueWords({ type: reason.type, value: reason.theirs }, t, format),
                )}
              >
                <Tag>
                  {pick(reason.name)} {tagValueWords({ type: reason.type, value: reason.theirs }, t, format)}
                </Tag>
              </Tooltip>
            ))}
          </Flex>
        </Flex>
      ))}
      <span className="quiet small">
        {t.similarAsOf(similar.comparedBy.length, format.time(similar.asOf))}
      </span>
    </Flex>
  )
}
