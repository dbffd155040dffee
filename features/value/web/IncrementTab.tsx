import { Button, Card, Table } from 'antd'
import { useMemo, useState } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Increment } from '../common/value.ts'
import { AnalysisFrame } from './AnalysisFrame.tsx'
import type { Cell } from './CellPanel.tsx'
import { DatesQuestion } from './MigrationTab.tsx'
import { daysAgo, useTierName } from './tier-name.ts'
import { useAnalysis } from './use-analysis.ts'
import { valueText } from './value-text.ts'

export function IncrementTab({ onCell }: { onCell: (cell: Cell) => void }) {
  const t = useText(valueText)
  const format = useFormat()
  const name = useTierName()
  const [dates, setDates] = useState({ from: daysAgo(45), to: daysAgo(0) })
  const isAsked = dates.from !== '' && dates.to !== '' && dates.from < dates.to
  const found = useAnalysis<Increment>('aum-increment', isAsked ? dates : undefined)
  const open = (tier: string) =>
    onCell({ title: `${t.tier}：${name(tier)}`, kind: 'aum-increment', query: dates, cell: { tier } })
  return (
    <AnalysisFrame
      hint={t.incrementHint}
      query={found}
      questions={<DatesQuestion dates={dates} onChange={setDates} />}
    >
      <TierChart answer={found.data} onTier={open} />
      {found.data && (
        <Card size="small">
          <Table
            size="small"
            pagination={false}
            scroll={{ x: 640 }}
            rowKey={(row) => row.tier}
            dataSource={found.data.tiers}
            columns={[
              { title: t.tier, key: 'tier', render: (_, row) => name(row.tier) },
              {
                title: t.customers,
                key: 'customers',
                align: 'right',
                render: (_, row) => (
                  <Button type="link" size="small" onClick={() => open(row.tier)}>
                    {format.number(row.customers)}
                  </Button>
                ),
              },
              {
                title: t.opening,
                key: 'opening',
                align: 'right',
                render: (_, row) => format.money(row.opening),
              },
              {
                title: t.closing,
                key: 'closing',
                align: 'right',
                render: (_, row) => format.money(row.closing),
              },
              {
                title: t.incrementAmount,
                key: 'increment',
                align: 'right',
                render: (_, row) => format.money(row.increment),
              },
              {
                title: t.share,
                key: 'share',
                align: 'right',
                render: (_, row) => (row.share === null ? '–' : format.percent(row.share)),
              },
            ]}
          />
        </Card>
      )}
    </AnalysisFrame>
  )
}

function TierChart({ answer, onTier }: { answer: Increment | undefined; onTier: (tier: string) => void }) {
  const t = useText(valueText)
  const format = useFormat()
  const name = useTierName()
  const tiers = answer?.tiers ?? []
  const drawn = useMemo(() => {
    if (!answer) return { title: t.increment, option: undefined }
    const whole = format.money(answer.increment)
    return {
      title:
        answer.longTailShare === null
          ? t.incrementFell(whole)
          : t.incrementFinding(format.percent(answer.longTailShare), whole),
      option: {
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (value: number) => format.exactMoney(value),
        },
        xAxis: {
          type: 'category',
          data: answer.tiers.map(({ tier }) => name(tier)),
          axisLabel: { interval: 0 },
        },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: [
          {
            type: 'bar',
            name: t.incrementAmount,
            barMaxWidth: 36,
            data: answer.tiers.map(({ increment }) => Number(increment)),
          },
        ],
      },
    }
  }, [answer, t, format, name])
  return (
    <Chart
      title={drawn.title}
      option={drawn.option}
      asOf={answer?.asOf ?? null}
      table={{
        columns: [t.tier, t.customers, t.opening, t.closing, t.incrementAmount],
        rows: tiers.map((row) => [name(row.tier), row.customers, row.opening, row.closing, row.increment]),
      }}
      onClickItem={(index) => {
        const row = tiers[index]
        if (row) onTier(row.tier)
      }}
    />
  )
}
