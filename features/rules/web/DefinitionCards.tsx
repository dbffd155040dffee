import { useQuery } from '@tanstack/react-query'
import { Card, Flex, Tag } from 'antd'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { Loaded } from '#platform/web/states.tsx'
import { defineText, useText } from '#platform/web/text.ts'

const text = defineText({
  usedBy: ['被谁使用', 'Used by'],
  notUsed: ['还没有客群、标签或活动使用它。', 'No segment, tag or campaign uses it yet.'],
  tag: ['标签', 'Tag'],
  segment: ['客群', 'Segment'],
  campaign: ['活动', 'Campaign'],
})

const pageOf = { tag: '/tags', segment: '/segments', campaign: '/campaigns' } as const
type Use = { type: keyof typeof pageOf; key: string; name: string }

/** What would change with a definition; `path` is its address in the API. */
export function UsesCard({ path }: { path: string }) {
  const t = useText(text)
  const uses = useQuery({
    queryKey: [path, 'uses'],
    queryFn: ({ signal }) => api.get<{ items: Use[] }>(`${path}/uses`, undefined, signal),
  })
  return (
    <Card size="small" title={t.usedBy}>
      <Loaded query={uses} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="quiet">{t.notUsed}</span>
          ) : (
            <Flex vertical gap={8}>
              {items.map(({ type, key, name }) => (
                <Flex key={`${type} ${key}`} gap={8} align="center">
                  <Tag>{t[type]}</Tag>
                  <Link to={`${pageOf[type]}/${key}`}>{name}</Link>
                </Flex>
              ))}
            </Flex>
          )
        }
      </Loaded>
    </Card>
  )
}
