import { useQuery } from '@tanstack/react-query'
import { Button, Card, Collapse, Flex, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import type { z } from 'zod'
import { api, pathOf } from '#platform/web/api.ts'
import { type Format, useFormat } from '#platform/web/format.ts'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { CustomerTags } from '../common/customer.ts'
import type { CustomerTag } from '../common/customer-tags.ts'
import { customerText } from './customer-text.ts'
import { TagHistoryView } from './TagHistoryView.tsx'

type Folder = { key: string; name: { zh: string; en: string } }

/** A tag's value as people read it. */
export function tagValueWords(
  tag: { type: CustomerTag['type']; value: string; unit?: string },
  t: { yes: string; no: string },
  format: Pick<Format, 'number'>,
): string {
  if (tag.type === 'bool') return tag.value === 'true' ? t.yes : t.no
  const number = Number(tag.value)
  const text = tag.type === 'number' && Number.isFinite(number) ? format.number(number) : tag.value
  return tag.unit ? `${text} ${tag.unit}` : text
}

/** What tags say of a customer, folder by folder, each with since when and what it was before. */
export function TagsCard({ customerNo }: { customerNo: string }) {
  const t = useText(customerText)
  const pick = usePick()
  const tags = useQuery({
    queryKey: ['/api/customers', customerNo, 'tags'],
    queryFn: ({ signal }) =>
      api.get<z.infer<typeof CustomerTags>>(pathOf`/api/customers/${customerNo}/tags`, undefined, signal),
  })
  const folders = useQuery({
    queryKey: ['/api/tag-directories'],
    queryFn: ({ signal }) => api.get<{ items: Folder[] }>('/api/tag-directories', undefined, signal),
    staleTime: 300_000,
  })
  const nameOf = (key: string) => {
    const found = folders.data?.items.find((one) => one.key === key)
    return found ? pick(found.name) : key
  }
  return (
    <Card size="small" title={t.tags} data-testid="customer-tags">
      <Loaded query={tags} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.noTags} />
          ) : (
            <Collapse
              size="small"
              ghost
              defaultActiveKey={[...groupByFolder(items).keys()].slice(0, 3)}
              items={[...groupByFolder(items)].map(([path, group]) => ({
                key: path,
                label: `${path === '' ? t.noFolder : path.split('/').map(nameOf).join(' / ')} (${group.length})`,
                children: <TagGroup customerNo={customerNo} tags={group} />,
              }))}
            />
          )
        }
      </Loaded>
    </Card>
  )
}

/** Tags by the path of their folder, in the order of the paths; those in none last. */
function groupByFolder(items: readonly CustomerTag[]): Map<string, CustomerTag[]> {
  const groups = new Map<string, CustomerTag[]>()
  for (const item of items) {
    const path = item.directory.join('/')
    groups.set(path, [...(groups.get(path) ?? []), item])
  }
  return new Map(
    [...groups].sort(([one], [other]) => (one === '' ? 1 : other === '' ? -1 : one < other ? -1 : 1)),
  )
}

function TagGroup({ customerNo, tags }: { customerNo: string; tags: readonly CustomerTag[] }) {
  const [open, setOpen] = useState<string | null>(null)
  return (
    <Flex vertical gap={4}>
      {tags.map((tag) => (
        <TagLine
          key={tag.key}
          customerNo={customerNo}
          tag={tag}
          isOpen={open === tag.key}
          onToggle={() => setOpen(open === tag.key ? null : tag.key)}
        />
      ))}
    </Flex>
  )
}

function TagLine(props: { customerNo: string; tag: CustomerTag; isOpen: boolean; onToggle: () => void }) {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  const { tag } = props
  return (
    <Flex vertical gap={4}>
      <Flex gap={8} wrap align="baseline" justify="space-between">
        <Flex gap={8} align="baseline" wrap>
          <Link to={`/tags/${tag.key}`}>{pick(tag.name)}</Link>
          <strong>{tagValueWords(tag, t, format)}</strong>
          {tag.class === 'C2' && <Tag color="warning">C2</Tag>}
        </Flex>
        <Tooltip title={t.tagAsOf(format.time(tag.refreshedAt))}>
          <Button size="small" type="text" onClick={props.onToggle} aria-expanded={props.isOpen}>
            {tag.since ? t.tagSince(format.date(tag.since)) : t.tagHistory}
          </Button>
        </Tooltip>
      </Flex>
      {props.isOpen && <TagHistoryView customerNo={props.customerNo} tagKey={tag.key} />}
    </Flex>
  )
}
