import { useQuery } from '@tanstack/react-query'
import { Card, Collapse, Flex, Tag } from 'antd'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { Loaded } from '#platform/web/states.tsx'
import { defineText, useText } from '#platform/web/text.ts'

const text = defineText({
  usedBy: ['被谁使用', 'Used by'],
  notUsed: ['还没有客群、标签或活动使用它。', 'No segment, tag or campaign uses it yet.'],
  tag: ['标签', 'Tag'],
  segment: ['客群', 'Segment'],
  campaign: ['活动', 'Campaign'],
  versions: ['版本', 'Versions'],
  version: (n: number) => [`第 ${n} 版`, `Version ${n}`],
  changedBy: (who: string, when: string) => [`${who} 于 ${when}`, `${who}, ${when}`],
})

const pageOf = { tag: '/tags', segment: '/segments', campaign: '/campaigns' } as const
type Use = { type: keyof typeof pageOf; key: string; name: string }
type Version = { version: number; definition?: unknown; changedBy: string; at: string }

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

/** Earlier definitions, newest first; `path` is the address of the definition in the API. */
export function VersionsCard({ path }: { path: string }) {
  const t = useText(text)
  const format = useFormat()
  const versions = useQuery({
    queryKey: [path, 'versions'],
    queryFn: ({ signal }) => api.get<{ items: Version[] }>(`${path}/versions`, undefined, signal),
  })
  return (
    <Card size="small" title={t.versions}>
      <Loaded query={versions} rows={2}>
        {({ items }) => (
          <Collapse
            size="small"
            ghost
            items={items.map(({ version, changedBy, at, ...other }) => ({
              key: version,
              label: (
                <Flex gap={8} wrap>
                  <span>{t.version(version)}</span>
                  <span className="quiet">{t.changedBy(changedBy, format.time(at))}</span>
                </Flex>
              ),
              children: <pre className="json">{JSON.stringify(other.definition ?? other, null, 2)}</pre>,
            }))}
          />
        )}
      </Loaded>
    </Card>
  )
}
