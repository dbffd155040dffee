import { PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Select, type TableColumnsType, Tag, Tooltip } from 'antd'
import { Link, useNavigate } from 'react-router'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Campaign } from '../common/campaign.ts'
import { campaignText } from './campaign-text.ts'
import { campaignStates, stateColors, stateNames } from './campaign-words.ts'
import { TinyFunnel } from './TinyFunnel.tsx'
import { useOrgNames } from './use-org-names.ts'

export function CampaignListPage() {
  const t = useText(campaignText)
  const pick = usePick()
  const navigate = useNavigate()
  const filters = useFilters(['q', 'state'])
  const list = useList<Campaign>('/api/campaigns', filters.values)
  const columns = useColumns()
  return (
    <ListPage
      title={t.campaigns}
      description={t.campaignsHint}
      actions={<CreateButton />}
      filters={
        <>
          <SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />
          <Select
            aria-label={t.state}
            style={{ minWidth: 148 }}
            value={filters.values.state}
            onChange={(state) => filters.set({ state })}
            options={[
              { value: '', label: t.allStates },
              ...campaignStates.map((state) => ({ value: state, label: pick(stateNames[state]) })),
            ]}
          />
        </>
      }
    >
      <DataTable
        label={t.campaigns}
        list={list}
        columns={columns}
        rowKey={(campaign) => campaign.key}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(campaign) => void navigate(`/campaigns/${campaign.key}`)}
        minWidth={960}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={<CreateButton />} />}
      />
    </ListPage>
  )
}

function CreateButton() {
  const t = useText(campaignText)
  const may = useMay()
  if (!may('campaign.write')) return null
  return (
    <Link to="/campaigns/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="campaign-create">
        {t.create}
      </Button>
    </Link>
  )
}

function useColumns(): TableColumnsType<Campaign> {
  const t = useText(campaignText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  const orgName = useOrgNames()
  const progress: TableColumnsType<Campaign> = [
    {
      title: <Tooltip title={t.progressHint}>{t.progress}</Tooltip>,
      key: 'progress',
      width: 300,
      render: (_, campaign) => <TinyFunnel campaign={campaign} />,
    },
  ]
  return [
    { title: t.name, key: 'name', render: (_, campaign) => <CampaignName campaign={campaign} /> },
    {
      title: t.state,
      key: 'state',
      width: 136,
      render: (_, { state }) => <Tag color={stateColors[state]}>{pick(stateNames[state])}</Tag>,
    },
    ...(may('report.read') ? progress : []),
    {
      title: t.period,
      key: 'period',
      width: 112,
      render: (_, campaign) => <Period campaign={campaign} />,
    },
    { title: t.owner, key: 'owner', width: 112, render: (_, { ownerOrgId }) => orgName(ownerOrgId) ?? '–' },
    {
      title: t.updated,
      key: 'updated',
      width: 116,
      render: (_, { updatedAt, createdBy }) => (
        <Tooltip title={`${format.time(updatedAt)} · ${t.maker} ${createdBy}`}>
          {format.ago(updatedAt)}
        </Tooltip>
      ),
    },
  ]
}

function CampaignName({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  return (
    <Flex vertical>
      <Flex gap={6} align="center" wrap>
        <Link to={`/campaigns/${campaign.key}`}>{campaign.name}</Link>
        {campaign.isImported && (
          <Tooltip title={t.importedHint}>
            <Tag>{t.imported}</Tag>
          </Tooltip>
        )}
        {campaign.lastError && <Tag color="error">{t.lastError}</Tag>}
      </Flex>
      <span className="quiet small">{campaign.key}</span>
    </Flex>
  )
}

function Period({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  const format = useFormat()
  const from = campaign.startedAt ?? campaign.body?.from
  const to = campaign.endedAt ?? campaign.body?.to
  if (!from && !to) return <span className="quiet">{t.noPeriod}</span>
  return (
    <span className="small nowrap">
      {from ? format.date(from) : '–'}
      <br />
      {to ? format.date(to) : '–'}
    </span>
  )
}
