import { useQuery } from '@tanstack/react-query'
import { Flex, Select, type TableColumnsType, Tag, Tooltip } from 'antd'
import { Link, useNavigate } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { StaffWatermark } from '#platform/web/StaffWatermark.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { CustomerItem } from '../common/customer.ts'
import { customerText, stateColors, stateNames, tierName } from './customer-text.ts'

export function CustomerListPage() {
  const t = useText(customerText)
  const navigate = useNavigate()
  const filters = useFilters(['q', 'orgId', 'state'])
  const list = useList<CustomerItem>('/api/customers', filters.values)
  const columns = useColumns()
  return (
    <StaffWatermark>
      <ListPage title={t.customers} description={<Hint />} filters={<Filters filters={filters} />}>
        <DataTable
          label={t.customers}
          list={list}
          columns={columns}
          rowKey={(customer) => customer.customerNo}
          isFiltered={filters.isFiltered}
          onClearFilters={filters.clear}
          onRow={(customer) => void navigate(pathOf`/customers/${customer.customerNo}`)}
          minWidth={860}
          empty={<EmptyState title={t.empty} hint={t.emptyHint} />}
        />
      </ListPage>
    </StaffWatermark>
  )
}

function Hint() {
  const t = useText(customerText)
  const format = useFormat()
  const count = useQuery({
    queryKey: ['/api/customers/count'],
    queryFn: ({ signal }) => api.get<{ count: number }>('/api/customers/count', undefined, signal),
    staleTime: 300_000,
  })
  return (
    <>
      {t.customersHint} {count.data && t.inScope(format.number(count.data.count))}
    </>
  )
}

function Filters({ filters }: { filters: ReturnType<typeof useFilters<'q' | 'orgId' | 'state'>> }) {
  const t = useText(customerText)
  const pick = usePick()
  const may = useMay()
  const orgs = useQuery({
    queryKey: ['/api/org-units'],
    queryFn: ({ signal }) =>
      api.get<{ items: { orgId: number; name: string }[] }>('/api/org-units', undefined, signal),
    enabled: may('org.read'),
    staleTime: 300_000,
  })
  return (
    <>
      <SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} width={400} />
      <Select
        aria-label={t.org}
        style={{ minWidth: 180 }}
        showSearch={{ optionFilterProp: 'label' }}
        value={filters.values.orgId}
        onChange={(orgId) => filters.set({ orgId })}
        options={[
          { value: '', label: t.allOrgs },
          ...(orgs.data?.items ?? []).map((org) => ({ value: String(org.orgId), label: org.name })),
        ]}
      />
      <Select
        aria-label={t.state}
        style={{ minWidth: 120 }}
        value={filters.values.state}
        onChange={(state) => filters.set({ state })}
        options={[
          { value: '', label: t.allStates },
          ...Object.entries(stateNames).map(([state, name]) => ({ value: state, label: pick(name) })),
        ]}
      />
    </>
  )
}

function useColumns(): TableColumnsType<CustomerItem> {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  const money: TableColumnsType<CustomerItem> = [
    {
      title: <Tooltip title={t.aumHint}>{t.aum}</Tooltip>,
      key: 'aum',
      width: 130,
      align: 'right',
      render: (_, { aum }) =>
        aum === null ? (
          <span className="quiet">–</span>
        ) : (
          <Tooltip title={format.exactMoney(aum)}>{format.money(aum)}</Tooltip>
        ),
    },
  ]
  return [
    {
      title: t.customerNo,
      key: 'customerNo',
      width: 150,
      render: (_, { customerNo }) => <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>,
    },
    {
      title: t.name,
      key: 'name',
      width: 140,
      render: (_, customer) => (
        <Flex gap={6}>
          {customer.name ?? <span className="quiet">–</span>}
          {customer.isProvisional && (
            <Tooltip title={t.provisionalHint}>
              <Tag>{t.provisional}</Tag>
            </Tooltip>
          )}
        </Flex>
      ),
    },
    {
      title: t.state,
      key: 'state',
      width: 88,
      render: (_, { state }) => <Tag color={stateColors[state]}>{pick(stateNames[state])}</Tag>,
    },
    { title: t.org, key: 'org', dataIndex: 'orgName' },
    {
      title: t.rm,
      key: 'rm',
      width: 110,
      render: (_, { rmName }) => rmName ?? <span className="quiet">{t.noRm}</span>,
    },
    {
      title: <Tooltip title={t.tierHint}>{t.tier}</Tooltip>,
      key: 'tier',
      width: 100,
      render: (_, { tier }) => (tier === null ? <span className="quiet">–</span> : pick(tierName(tier))),
    },
    ...(may('balance.read') ? money : []),
  ]
}
