import { Button, Tag } from 'antd'
import { Link, useNavigate } from 'react-router'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Dashboard } from '../common/dashboard.ts'
import { insightText } from './insight-text.ts'

/** Dashboards of one's own and those shared with one. */
export function DashboardListPage() {
  const t = useText(insightText)
  const format = useFormat()
  const navigate = useNavigate()
  const filters = useFilters(['q'])
  const list = useList<Dashboard>('/api/insight/dashboards', filters.values)
  const sharing = { private: t.private, roles: t.roles, everyone: t.everyoneShared }
  const create = (
    <Link to="/insight/trend">
      <Button type="primary">{t.newDashboard}</Button>
    </Link>
  )
  return (
    <ListPage
      title={t.dashboards}
      description={t.dashboardsHint}
      actions={create}
      filters={<SearchBox label={t.name} value={filters.values.q} onChange={(q) => filters.set({ q })} />}
    >
      <DataTable
        label={t.dashboards}
        list={list}
        rowKey={(one) => one.key}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(one) => void navigate(`/insight/dashboards/${one.key}`)}
        minWidth={560}
        empty={<EmptyState title={t.noDashboards} hint={t.noDashboardsHint} action={create} />}
        columns={[
          {
            title: t.name,
            key: 'name',
            render: (_, one) => <Link to={`/insight/dashboards/${one.key}`}>{one.name}</Link>,
          },
          { title: t.description, key: 'description', dataIndex: 'description', ellipsis: true },
          {
            title: t.sharing,
            key: 'sharing',
            width: 160,
            render: (_, one) => <Tag>{sharing[one.sharing]}</Tag>,
          },
          { title: t.by_, key: 'by', width: 110, dataIndex: 'createdBy' },
          { title: t.updated, key: 'at', width: 150, render: (_, one) => format.time(one.updatedAt) },
        ]}
      />
    </ListPage>
  )
}
