import { PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Metric } from '../common/metric.ts'
import { ownerWords } from '../common/metric-owners.ts'
import { AlarmList } from './AlarmList.tsx'
import { MetricForm } from './MetricForm.tsx'
import { metricText } from './metric-text.ts'

/** The registry of key figures, with the alarms that wait. */
export function MetricListPage() {
  const t = useText(metricText)
  const pick = usePick()
  const may = useMay()
  const navigate = useNavigate()
  const filters = useFilters(['q'])
  const language = useLanguage()
  const list = useList<Metric>('/api/metrics', filters.values)
  const [isNew, setIsNew] = useState(false)
  return (
    <ListPage
      title={t.title}
      description={t.hint}
      actions={
        may('metric.write') && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsNew(true)}>
            {t.create}
          </Button>
        )
      }
      filters={<SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />}
    >
      <AlarmList />
      <DataTable
        label={t.title}
        list={list}
        rowKey={(metric) => metric.key}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(metric) => void navigate(pathOf`/metrics/${metric.key}`)}
        minWidth={860}
        empty={<EmptyState title={t.empty} />}
        columns={[
          {
            title: t.name,
            key: 'name',
            width: 230,
            render: (_, metric) => (
              <Flex vertical>
                <Flex gap={6} wrap>
                  <Link to={pathOf`/metrics/${metric.key}`}>{pick(metric.name)}</Link>
                  {metric.openAlarms > 0 && <Tag color="error">{t.alarms(metric.openAlarms)}</Tag>}
                  {metric.lastError && (
                    <Tooltip title={metric.lastError}>
                      <Tag color="warning">{t.failed}</Tag>
                    </Tooltip>
                  )}
                </Flex>
                <span className="quiet small">{metric.key}</span>
              </Flex>
            ),
          },
          { title: t.definition, key: 'definition', render: (_, { definition }) => pick(definition) },
          { title: t.owner, key: 'owner', width: 200, render: (_, { owner }) => ownerWords(owner, language) },
          { title: t.version, key: 'version', width: 90, render: (_, { version }) => t.nth(version) },
        ]}
      />
      <MetricForm open={isNew} onClose={() => setIsNew(false)} />
    </ListPage>
  )
}
