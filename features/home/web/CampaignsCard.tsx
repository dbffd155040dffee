import { Button, Card, Flex, Tag } from 'antd'
import { Link } from 'react-router'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { shellText } from '#platform/web/shell-text.ts'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Home } from '../common/home.ts'
import { campaignStates, homeText } from './home-text.ts'

type Campaign = NonNullable<Home['campaigns']>[number]

/** Running campaigns, each with a small funnel. */
export function CampaignsCard({ campaigns, asOf }: { campaigns: readonly Campaign[]; asOf: string }) {
  const t = useText(homeText)
  const shell = useText(shellText)
  const format = useFormat()
  const may = useMay()
  const create = (
    <Link to="/campaigns/new">
      <Button type="primary">{t.newCampaign}</Button>
    </Link>
  )
  return (
    <Card
      size="small"
      title={t.campaigns}
      extra={<span className="quiet small">{shell.asOf(format.time(asOf))}</span>}
    >
      {campaigns.length === 0 ? (
        <EmptyState title={t.noCampaigns} hint={t.noCampaignsHint} action={may('campaign.write') && create} />
      ) : (
        <Flex vertical gap={16}>
          {campaigns.map((campaign) => (
            <MiniFunnel key={campaign.key} campaign={campaign} />
          ))}
        </Flex>
      )}
    </Card>
  )
}

function MiniFunnel({ campaign }: { campaign: Campaign }) {
  const t = useText(homeText)
  const pick = usePick()
  const format = useFormat()
  const state = campaignStates[campaign.state]
  const steps = [
    { label: t.eligible, count: campaign.eligible },
    { label: t.exposed, count: campaign.exposed },
    { label: t.clicked, count: campaign.clicked },
    { label: t.converted, count: campaign.converted },
  ]
  const most = Math.max(1, ...steps.map(({ count }) => count))
  return (
    <div>
      <Flex justify="space-between" gap={8}>
        <Link to={`/campaigns/${campaign.key}`}>{campaign.name}</Link>
        <Tag color={campaign.state === 'running' ? 'processing' : 'default'}>
          {state ? pick(state) : campaign.state}
        </Tag>
      </Flex>
      <div className="mini-funnel">
        {steps.map(({ label, count }) => (
          <div key={label} className="mini-funnel-row" title={format.rate(count, campaign.eligible)}>
            <span className="quiet small">{label}</span>
            <span className="mini-funnel-track">
              <span
                className="mini-funnel-bar"
                style={{ width: `${Math.max(0.5, (count / most) * 100)}%` }}
              />
            </span>
            <span className="small number">{format.number(count)}</span>
          </div>
        ))}
      </div>
    </div>
  )
}
