import { Button, Card, Table } from 'antd'
import { useMemo, useState } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Migration } from '../common/value.ts'
import { AnalysisFrame, Question } from './AnalysisFrame.tsx'
import type { Cell } from './CellPanel.tsx'
import { daysAgo, useTierName } from './tier-name.ts'
import { useAnalysis } from './use-analysis.ts'
import { valueText } from './value-text.ts'

/** Two dates to compare. */
export function DatesQuestion(props: {
  dates: { from: string; to: string }
  onChange: (dates: { from: string; to: string }) => void
}) {
  const t = useText(valueText)
  const { dates } = props
  return (
    <>
      <Question label={t.from} width={160}>
        <DateBox label={t.from} value={dates.from} onChange={(from) => props.onChange({ ...dates, from })} />
      </Question>
      <Question label={t.to} width={160}>
        <DateBox label={t.to} value={dates.to} onChange={(to) => props.onChange({ ...dates, to })} />
      </Question>
    </>
  )
}

export function MigrationTab({ onCell }: { onCell: (cell: Cell) => void }) {
  const t = useText(valueText)
  const name = useTierName()
  const [dates, setDates] = useState({ from: daysAgo(45), to: daysAgo(0) })
  const isAsked = dates.from !== '' && dates.to !== '' && dates.from < dates.to
  const found = useAnalysis<Migration>('aum-migration', isAsked ? dates : undefined)
  const open = (from: string, to: string) =>
    onCell({ title: `${name(from)} → ${name(to)}`, kind: 'aum-migration', query: dates, cell: { from, to } })
  return (
    <AnalysisFrame
      hint={t.migrationHint}
      query={found}
      questions={<DatesQuestion dates={dates} onChange={setDates} />}
    >
      <FlowChart answer={found.data} onFlow={open} />
      {found.data && <FlowTable flows={found.data.flows} onFlow={open} />}
    </AnalysisFrame>
  )
}

type OnFlow = (from: string, to: string) => void

function FlowChart({ answer, onFlow }: { answer: Migration | undefined; onFlow: OnFlow }) {
  const t = useText(valueText)
  const format = useFormat()
  const name = useTierName()
  const flows = useMemo(() => answer?.flows ?? [], [answer])
  const drawn = useMemo(() => {
    if (!answer) return { title: t.migration, option: undefined }
    const among = answer.flows.filter(({ from, to }) => from !== 'new' && to !== 'closed')
    const count = (isIt: (flow: (typeof among)[number]) => boolean) =>
      format.number(among.filter(isIt).reduce((sum, { customers }) => sum + customers, 0))
    const nodes = (side: 'from' | 'to') => [...new Set(answer.flows.map((flow) => flow[side]))].sort()
    return {
      title: t.migrationFinding(
        count(({ from, to }) => to > from),
        count(({ from, to }) => to < from),
      ),
      option: {
        tooltip: { trigger: 'item', valueFormatter: (value: number) => format.number(value) },
        series: [
          {
            type: 'sankey',
            // Flows point at links first, so that what was clicked is found by its place.
            links: answer.flows.map(({ from, to, customers }) => ({
              source: `from ${from}`,
              target: `to ${to}`,
              value: customers,
            })),
            data: (['from', 'to'] as const).flatMap((side) =>
              nodes(side).map((node) => ({ name: `${side} ${node}` })),
            ),
            labelLayout: { hideOverlap: true },
            label: { formatter: ({ name: node }: { name: string }) => name(node.split(' ')[1] ?? '') },
            lineStyle: { color: 'source', opacity: 0.4 },
            emphasis: { focus: 'adjacency' },
            layoutIterations: 0,
            left: 8,
            right: 110,
          },
        ],
      },
    }
  }, [answer, t, format, name])
  return (
    <Chart
      title={drawn.title}
      subtitle={answer ? t.withoutBalance(format.number(answer.withoutBalance)) : undefined}
      option={drawn.option}
      height={420}
      asOf={answer?.asOf ?? null}
      table={{
        columns: [t.from, t.to, t.customers, t.opening, t.closing],
        rows: flows.map((flow) => [
          name(flow.from),
          name(flow.to),
          flow.customers,
          flow.opening,
          flow.closing,
        ]),
      }}
      onClickItem={(index) => {
        const flow = flows[index]
        if (flow) onFlow(flow.from, flow.to)
      }}
    />
  )
}

function FlowTable({ flows, onFlow }: { flows: Migration['flows']; onFlow: OnFlow }) {
  const t = useText(valueText)
  const format = useFormat()
  const name = useTierName()
  return (
    <Card size="small">
      <Table
        size="small"
        pagination={false}
        scroll={{ x: 560, y: 360 }}
        rowKey={(flow) => `${flow.from} ${flow.to}`}
        dataSource={flows}
        columns={[
          { title: t.from, key: 'from', render: (_, flow) => name(flow.from) },
          { title: t.to, key: 'to', render: (_, flow) => name(flow.to) },
          {
            title: t.customers,
            key: 'customers',
            align: 'right',
            render: (_, flow) => (
              <Button type="link" size="small" onClick={() => onFlow(flow.from, flow.to)}>
                {format.number(flow.customers)}
              </Button>
            ),
          },
          {
            title: t.opening,
            key: 'opening',
            align: 'right',
            render: (_, flow) => format.money(flow.opening),
          },
          {
            title: t.closing,
            key: 'closing',
            align: 'right',
            render: (_, flow) => format.money(flow.closing),
          },
        ]}
      />
    </Card>
  )
}
