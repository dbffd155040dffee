import { useQuery } from '@tanstack/react-query'
import { Tag as Badge, Card, Collapse, Flex } from 'antd'
import { Link } from 'react-router'
import type { z } from 'zod'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { DefinitionVersions, TagUses } from '../common/tag.ts'
import { tagText } from './tag-text.ts'

const pageOf = { tag: '/tags', segment: '/segments', campaign: '/campaigns' } as const

/** What would change with the tag. */
export function TagUsesCard({ tagKey }: { tagKey: string }) {
  const t = useText(tagText)
  const kinds = { tag: t.tagUse, segment: t.segmentUse, campaign: t.campaignUse }
  const uses = useQuery({
    queryKey: ['/api/tags', tagKey, 'uses'],
    queryFn: ({ signal }) =>
      api.get<z.infer<typeof TagUses>>(pathOf`/api/tags/${tagKey}/uses`, undefined, signal),
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
                  <Badge>{kinds[type]}</Badge>
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

/** Earlier definitions, newest first. */
export function TagVersionsCard({ tagKey }: { tagKey: string }) {
  const t = useText(tagText)
  const format = useFormat()
  const versions = useQuery({
    queryKey: ['/api/tags', tagKey, 'versions'],
    queryFn: ({ signal }) =>
      api.get<z.infer<typeof DefinitionVersions>>(pathOf`/api/tags/${tagKey}/versions`, undefined, signal),
  })
  return (
    <Card size="small" title={t.versions}>
      <Loaded query={versions} rows={2}>
        {({ items }) => (
          <Collapse
            size="small"
            ghost
            items={items.map(({ version, definition, changedBy, at }) => ({
              key: version,
              label: (
                <Flex gap={8} wrap>
                  <span>{t.version(version)}</span>
                  <span className="quiet">{t.changedBy(changedBy, format.time(at))}</span>
                </Flex>
              ),
              children: <pre className="json">{JSON.stringify(definition, null, 2)}</pre>,
            }))}
          />
        )}
      </Loaded>
    </Card>
  )
}
