import { useQuery } from '@tanstack/react-query'
import { Card, Steps } from 'antd'
import type { z } from 'zod'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { usePick } from '#platform/web/text.ts'
import type { CustomerTags } from '../common/customer.ts'
import type { CustomerTag } from '../common/customer-tags.ts'
import { useTagHistory } from './TagHistoryView.tsx'

/** Where a customer stands in each life-cycle, and the way there; nothing where the bank has none. */
export function LifecycleCards({ customerNo }: { customerNo: string }) {
  const tags = useQuery({
    queryKey: ['/api/customers', customerNo, 'tags'],
    queryFn: ({ signal }) =>
      api.get<z.infer<typeof CustomerTags>>(pathOf`/api/customers/${customerNo}/tags`, undefined, signal),
  })
  return (
    <>
      {tags.data?.items
        .filter((tag) => tag.isLifecycle)
        .map((tag) => (
          <LifecyclePath key={tag.key} customerNo={customerNo} tag={tag} />
        ))}
    </>
  )
}

function LifecyclePath({ customerNo, tag }: { customerNo: string; tag: CustomerTag }) {
  const pick = usePick()
  const format = useFormat()
  const history = useTagHistory(customerNo, tag.key)
  const path = [...(history.data?.items ?? [])].reverse().slice(-8)
  return (
    <Card size="small" title={pick(tag.name)} data-testid="customer-lifecycle">
      <Steps
        size="small"
        responsive
        current={Math.max(0, path.length - 1)}
        items={(path.length > 0 ? path : [{ at: tag.since ?? tag.refreshedAt, value: tag.value }]).map(
          (one) => ({
            title: one.value ?? '–',
            content: format.date(one.at),
          }),
        )}
      />
    </Card>
  )
}
