import { DownOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Dropdown, Flex, Select, type TableColumnsType, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { EventState, PlanEvent } from '../common/plan.ts'
import { ImportDialog } from './ImportDialog.tsx'
import { useActivity, useFindings } from './plan-queries.ts'
import { planText, stateColors, stateHints, stateNames } from './plan-text.ts'

const states: readonly EventState[] = ['draft', 'active', 'deprecated', 'retired']
const pathTo = (key: string) => `/plan/events/${encodeURIComponent(key)}`

/** The events of the plan, with how many came and broke it today. */
export function PlanListPage() {
  const t = useText(planText)
  const pick = usePick()
  const navigate = useNavigate()
  const filters = useFilters(['q', 'state'])
  const list = useList<PlanEvent>('/api/plan/events', filters.values, { limit: 100 })
  const columns = useColumns()
  return (
    <ListPage
      title={t.plan}
      description={t.planHint}
      actions={<Actions />}
      filters={
        <>
          <SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />
          <Select
            aria-label={t.state}
            style={{ minWidth: 128 }}
            value={filters.values.state}
            onChange={(state) => filters.set({ state })}
            options={[
              { value: '', label: t.allStates },
              ...states.map((state) => ({ value: state, label: pick(stateNames[state]) })),
            ]}
          />
        </>
      }
    >
      <DataTable
        label={t.plan}
        list={list}
        columns={columns}
        rowKey={(row) => row.key}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(row) => void navigate(pathTo(row.key))}
        minWidth={820}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={<CreateButton />} />}
      />
    </ListPage>
  )
}

function Actions() {
  const t = useText(planText)
  const may = useMay()
  const [isImporting, setImporting] = useState(false)
  const download = (path: string, label: string) => (
    <a href={path} download>
      {label}
    </a>
  )
  const items = [
    ...(may('plan.write')
      ? [
          { key: 'import', label: t.importFile, onClick: () => setImporting(true) },
          { type: 'divider' as const },
        ]
      : []),
    { key: 'json', label: download('/api/plan/export', t.exportJson) },
    { key: 'csv', label: download('/api/plan/export.csv', t.exportCsv) },
    {
      key: 'types',
      label: (
        <a href="/api/plan/types" download="zhike-events.ts">
          {t.exportTypes}
        </a>
      ),
    },
  ]
  return (
    <>
      {may('event.read') && (
        <Link to="/plan/coverage">
          <Button>{t.coverage}</Button>
        </Link>
      )}
      <Link to="/plan/modes">
        <Button>{t.modes}</Button>
      </Link>
      <Dropdown menu={{ items }} trigger={['click']}>
        <Button data-testid="plan-more">
          {t.more} <DownOutlined />
        </Button>
      </Dropdown>
      <CreateButton />
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </>
  )
}

function CreateButton() {
  const t = useText(planText)
  const may = useMay()
  if (!may('plan.write')) return null
  return (
    <Link to="/plan/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="plan-create">
        {t.create}
      </Button>
    </Link>
  )
}

function useColumns(): TableColumnsType<PlanEvent> {
  const t = useText(planText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  const activity = useActivity()
  const findings = useFindings({ days: 1 })
  const today = new Map(activity.data?.items.map((one) => [one.event, one.today]))
  const found = new Map<string, number>()
  for (const { event, count } of findings.data?.items ?? []) found.set(event, (found.get(event) ?? 0) + count)
  const counts: TableColumnsType<PlanEvent> = [
    {
      title: t.today,
      key: 'today',
      width: 110,
      align: 'right',
      render: (_, { key }) => (activity.data ? format.number(today.get(key) ?? 0) : '–'),
    },
  ]
  return [
    { title: t.event, key: 'event', render: (_, row) => <EventName row={row} /> },
    {
      title: t.state,
      key: 'state',
      width: 110,
      render: (_, { state }) => (
        <Tooltip title={pick(stateHints[state])}>
          <Tag color={stateColors[state]}>{pick(stateNames[state])}</Tag>
        </Tooltip>
      ),
    },
    {
      title: t.properties,
      key: 'properties',
      width: 80,
      align: 'right',
      render: (_, { draft }) => draft.properties.length,
    },
    ...(may('event.read') ? counts : []),
    {
      title: <Tooltip title={t.approximate}>{t.findings}</Tooltip>,
      key: 'findings',
      width: 110,
      align: 'right',
      render: (_, { key }) => {
        const count = found.get(key) ?? 0
        return count > 0 ? (
          <Tag color="warning">{format.number(count)}</Tag>
        ) : (
          <span className="quiet">0</span>
        )
      },
    },
    { title: t.owner, key: 'owner', width: 110, render: (_, { draft }) => draft.owner },
    { title: t.updated, key: 'updated', width: 130, render: (_, { updatedAt }) => format.ago(updatedAt) },
  ]
}

function EventName({ row }: { row: PlanEvent }) {
  const t = useText(planText)
  const pick = usePick()
  return (
    <Flex vertical>
      <Flex gap={6} align="center">
        <Link to={pathTo(row.key)}>{pick(row.draft.name)}</Link>
        {row.version > 0 && row.hasChanges && <Tag color="processing">{t.unpublished}</Tag>}
      </Flex>
      <span className="quiet small">{row.key}</span>
    </Flex>
  )
}
