import { Flex, Tabs } from 'antd'
import { useState } from 'react'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import { useFilters } from '#platform/web/use-list.ts'
import { AttributionTab } from './AttributionTab.tsx'
import { type Cell, CellPanel } from './CellPanel.tsx'
import { IncrementTab } from './IncrementTab.tsx'
import { LtvTab } from './LtvTab.tsx'
import { MigrationTab } from './MigrationTab.tsx'
import { RfmTab } from './RfmTab.tsx'
import { valueText } from './value-text.ts'

/** Analyses of value, one tab each; numbers open the customers they count. */
export function ValuePage() {
  const t = useText(valueText)
  const may = useMay()
  const filters = useFilters(['tab'])
  const [cell, setCell] = useState<Cell | null>(null)
  const tabs = [
    { key: 'attribution', label: t.attribution, children: <AttributionTab onCell={setCell} /> },
    { key: 'ltv', label: t.ltv, children: <LtvTab onCell={setCell} /> },
    { key: 'rfm', label: t.rfm, children: <RfmTab onCell={setCell} /> },
    ...(may('balance.read')
      ? [
          { key: 'migration', label: t.migration, children: <MigrationTab onCell={setCell} /> },
          { key: 'increment', label: t.increment, children: <IncrementTab onCell={setCell} /> },
        ]
      : []),
  ]
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.title} description={t.hint} />
      <Tabs
        activeKey={filters.values.tab || 'attribution'}
        onChange={(tab) => filters.set({ tab })}
        items={tabs}
        destroyOnHidden
      />
      <CellPanel cell={cell} onClose={() => setCell(null)} />
    </Flex>
  )
}
