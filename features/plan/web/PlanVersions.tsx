import { useQuery } from '@tanstack/react-query'
import { Card, Flex, Timeline } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { PlanEvent, PlanVersions } from '../common/plan.ts'
import { Differences } from './Differences.tsx'
import { planText } from './plan-text.ts'

/** What was published, the latest first, each against the one before. */
export function VersionsCard({ event }: { event: PlanEvent }) {
  const t = useText(planText)
  const versions = useQuery({
    queryKey: ['/api/plan/events', event.key, 'versions', event.version],
    queryFn: ({ signal }) =>
      api.get<PlanVersions>(pathOf`/api/plan/events/${event.key}/versions`, undefined, signal),
  })
  return (
    <Card size="small" title={t.history}>
      <Loaded query={versions} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="quiet">{t.noHistory}</span>
          ) : (
            <Timeline
              style={{ paddingTop: 8 }}
              items={items.map((one) => ({ key: one.version, content: <Version version={one} /> }))}
            />
          )
        }
      </Loaded>
    </Card>
  )
}

function Version({ version }: { version: PlanVersions['items'][number] }) {
  const t = useText(planText)
  const format = useFormat()
  return (
    <Flex vertical gap={2}>
      <span>
        <strong>{t.version(version.version)}</strong>{' '}
        <span className="quiet small">
          {version.publishedBy} · {format.time(version.at)}
        </span>
      </span>
      {version.reason && <span className="quiet">{version.reason}</span>}
      {version.version === 1 ? <span>{t.firstVersion}</span> : <Differences items={version.differences} />}
    </Flex>
  )
}
