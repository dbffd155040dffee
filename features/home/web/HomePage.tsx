import { useQuery } from '@tanstack/react-query'
import { Flex } from 'antd'
import { api } from '#platform/web/api.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay, useUser } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Home } from '../common/home.ts'
import { CampaignsCard } from './CampaignsCard.tsx'
import { GuideCard } from './GuideCard.tsx'
import { ActiveChart, AumChart, HourChart, TierChart, TopEventsChart } from './HomeCharts.tsx'
import { HomeNumbers } from './HomeNumbers.tsx'
import { homeText } from './home-text.ts'
import { StartingPoints } from './StartingPoints.tsx'

export function HomePage() {
  const t = useText(homeText)
  const user = useUser()
  const home = useQuery({
    queryKey: ['/api/home'],
    queryFn: ({ signal }) => api.get<Home>('/api/home', undefined, signal),
    refetchInterval: 60_000,
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.title} description={t.hello(user.name, user.orgName)} />
      <Loaded query={home} rows={10}>
        {(data) => <Today home={data} />}
      </Loaded>
    </Flex>
  )
}

function Today({ home }: { home: Home }) {
  const may = useMay()
  const hasNumbers = [
    home.customers,
    home.aum,
    home.eventsToday,
    home.campaigns,
    home.openApprovals,
    home.tasks,
  ].some((part) => part !== null)
  const { asOf } = home
  return (
    <Flex vertical gap={16}>
      {!hasNumbers && <StartingPoints />}
      <HomeNumbers home={home} />
      {may('segment.read') && <GuideCard />}
      <div className="card-grid">
        {home.campaigns && <CampaignsCard campaigns={home.campaigns} asOf={asOf} />}
        {home.aumByTier && <TierChart tiers={home.aumByTier} asOf={asOf} />}
        {home.activeByDay && <ActiveChart days={home.activeByDay} asOf={asOf} />}
        {home.eventsByHour && <HourChart hours={home.eventsByHour} asOf={asOf} />}
        {home.aumByDay && <AumChart days={home.aumByDay} asOf={asOf} />}
        {home.topEvents && <TopEventsChart events={home.topEvents} asOf={asOf} />}
      </div>
    </Flex>
  )
}
