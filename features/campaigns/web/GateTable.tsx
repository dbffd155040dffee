import { Card } from 'antd'
import { useFormat } from '#platform/web/format.ts'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Report } from '../common/campaign.ts'
import { gateWords } from './campaign-words.ts'
import { ReportTable } from './ReportTable.tsx'
import { reportText } from './report-text.ts'

/** What the gate refused, by reason, in words. */
export function GateTable({ gate, asOf }: { gate: Report['gate']; asOf: string }) {
  const t = useText(reportText)
  const pick = usePick()
  const format = useFormat()
  const rows = gate.map(({ code, count }) => ({
    code,
    count,
    name: gateWords[code] ? pick(gateWords[code].name) : code,
    why: gateWords[code] ? pick(gateWords[code].why) : '',
  }))
  if (rows.length === 0) {
    return (
      <Card size="small" title={t.gateTitle}>
        <EmptyState title={t.gateNone} hint={t.gateHint} />
      </Card>
    )
  }
  return (
    <ReportTable
      title={t.gateTitle}
      subtitle={t.gateHint}
      asOf={asOf}
      rows={rows}
      rowKey={(row) => row.code}
      minWidth={260}
      csv={{ columns: ['code', t.reason, t.times], rows: rows.map((row) => [row.code, row.name, row.count]) }}
      columns={[
        {
          title: t.reason,
          key: 'name',
          width: 140,
          render: (_, row) => <span title={row.code}>{row.name}</span>,
        },
        { title: t.why, key: 'why', dataIndex: 'why', responsive: ['sm'] },
        {
          title: t.times,
          key: 'count',
          width: 88,
          align: 'right',
          render: (_, row) => format.number(row.count),
        },
      ]}
    />
  )
}
