import { AutoComplete, Button, Card, Flex, Timeline } from 'antd'
import { useState } from 'react'
import type { z } from 'zod'
import { pathOf } from '#platform/web/api.ts'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { shellText } from '#platform/web/shell-text.ts'
import { EmptyState, ErrorState, LoadingState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { TimelineItem } from '../common/customer.ts'
import { eventName, fieldName, valueName } from '../common/event-words.ts'
import { customerText } from './customer-text.ts'
import { EventIcon } from './EventIcon.tsx'

type Item = z.infer<typeof TimelineItem>

/** Everything that happened to a customer, newest first, a day at a time. */
export function CustomerTimeline({ customerNo }: { customerNo: string }) {
  const [filter, setFilter] = useState<Filter>({ name: '', from: '', to: '' })
  return (
    <Flex vertical gap={12}>
      <TimelineFilter filter={filter} onChange={setFilter} />
      <Happenings customerNo={customerNo} filter={filter} />
    </Flex>
  )
}

type Filter = { name: string; from: string; to: string }

/** Events a bank looks for most; others may be typed. */
const commonEvents = [
  ...['app_opened', 'page_viewed', 'money_in', 'money_out', 'salary_received', 'product_purchased'],
  ...['slot_exposed', 'slot_clicked', 'touch_sent', 'flow_abandoned', 'segment_entered', 'segment_left'],
]

function TimelineFilter({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const t = useText(customerText)
  const language = useLanguage()
  return (
    <Flex gap={8} wrap align="center" data-testid="timeline-filter">
      <AutoComplete
        aria-label={t.filterEvent}
        placeholder={t.anyEvent}
        allowClear
        style={{ minWidth: 200 }}
        onSelect={(name: string) => onChange({ ...filter, name })}
        onClear={() => onChange({ ...filter, name: '' })}
        onBlur={(event) => onChange({ ...filter, name: (event.target as HTMLInputElement).value.trim() })}
        options={commonEvents.map((name) => ({ value: name, label: `${eventName(name, language)} ${name}` }))}
      />
      <DateBox label={t.fromDay} value={filter.from} onChange={(from) => onChange({ ...filter, from })} />
      <DateBox label={t.toDay} value={filter.to} onChange={(to) => onChange({ ...filter, to })} />
    </Flex>
  )
}

function Happenings({ customerNo, filter }: { customerNo: string; filter: Filter }) {
  const t = useText(customerText)
  const shell = useText(shellText)
  const format = useFormat()
  const list = useList<Item>(pathOf`/api/customers/${customerNo}/timeline`, filter, { limit: 50 })
  if (list.isPending) return <LoadingState />
  if (list.error && list.items.length === 0)
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  if (list.items.length === 0) return <EmptyState title={t.noEvents} />
  const days = groupByDay(list.items, format.date)
  return (
    <Flex vertical gap={12}>
      {[...days].map(([day, items]) => (
        <Card key={day} size="small" title={day}>
          <Timeline
            items={items.map((item) => ({
              key: item.messageId,
              icon: <EventIcon name={item.name} />,
              content: <Happening item={item} />,
            }))}
          />
        </Card>
      ))}
      <Flex justify="center" gap={12} align="center" className="quiet small">
        <span>{list.hasNextPage ? shell.shown(list.items.length) : shell.allShown(list.items.length)}</span>
        {list.hasNextPage && (
          <Button size="small" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {shell.more}
          </Button>
        )}
      </Flex>
    </Flex>
  )
}

/** `Map.groupBy` came with Chromium 117; desktops with older kernels are still in use. */
function groupByDay(items: readonly Item[], dayOf: (at: string) => string): Map<string, Item[]> {
  const days = new Map<string, Item[]>()
  for (const item of items) days.set(dayOf(item.at), [...(days.get(dayOf(item.at)) ?? []), item])
  return days
}

function Happening({ item }: { item: Item }) {
  const format = useFormat()
  const language = useLanguage()
  const words = Object.entries(item.properties).map(([name, value]) => {
    const shown =
      name === 'amount' && Number.isFinite(Number(value))
        ? format.exactMoney(value)
        : valueName(value, language)
    return `${fieldName(name, language)} ${shown}`
  })
  return (
    <Flex gap={8} wrap align="baseline">
      <span className="quiet nowrap">{format.exactTime(item.at).slice(11)}</span>
      <strong title={item.name}>{eventName(item.name, language)}</strong>
      <span className="quiet" style={{ wordBreak: 'break-all' }}>
        {words.join(' · ')}
      </span>
    </Flex>
  )
}
