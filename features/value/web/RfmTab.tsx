import { useMemo, useState } from 'react'
import { EventSelect, PropertyInput } from '#features/rules/web/index.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { heatRamps } from '#platform/web/chart-theme.ts'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Rfm } from '../common/value.ts'
import { AnalysisFrame, DaysQuestion, Question } from './AnalysisFrame.tsx'
import type { Cell } from './CellPanel.tsx'
import { useAnalysis } from './use-analysis.ts'
import { valueText } from './value-text.ts'

const groups = [1, 2, 3, 4, 5]

export function RfmTab({ onCell }: { onCell: (cell: Cell) => void }) {
  const t = useText(valueText)
  const [ask, setAsk] = useState({ days: 90, event: 'product_purchased', amount: 'amount' })
  const put = (change: Partial<typeof ask>) => setAsk({ ...ask, ...change })
  const query = { period: { days: ask.days }, event: { event: ask.event }, amount: ask.amount }
  const found = useAnalysis<Rfm>('rfm', ask.event && ask.amount ? query : undefined)
  return (
    <AnalysisFrame
      hint={t.rfmHint}
      query={found}
      questions={
        <>
          <DaysQuestion days={ask.days} onChange={(days) => put({ days })} />
          <Question label={t.event}>
            <EventSelect value={ask.event} onChange={(event) => put({ event })} />
          </Question>
          <Question label={t.monetary} width={150}>
            <PropertyInput event={ask.event} value={ask.amount} onChange={(amount) => put({ amount })} />
          </Question>
        </>
      }
    >
      <Grid
        answer={found.data}
        onGroup={(recency, frequency) =>
          onCell({ title: `R${recency} F${frequency}`, kind: 'rfm', query, cell: { recency, frequency } })
        }
      />
    </AnalysisFrame>
  )
}

function Grid({
  answer,
  onGroup,
}: {
  answer: Rfm | undefined
  onGroup: (recency: number, frequency: number) => void
}) {
  const t = useText(valueText)
  const format = useFormat()
  const cells = answer?.cells ?? []
  const drawn = useMemo(() => {
    if (!answer) return { title: t.rfmTitle, option: undefined }
    const whole = answer.cells.reduce((sum, { amount }) => sum + Number(amount), 0)
    const best = answer.cells.find(({ recency, frequency }) => recency === 5 && frequency === 5)
    const most = Math.max(1, ...answer.cells.map(({ customers }) => customers))
    return {
      title: best
        ? t.rfmFinding(format.number(best.customers), format.percent(whole ? Number(best.amount) / whole : 0))
        : t.rfmTitle,
      option: {
        grid: { top: 40, bottom: 48 },
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const cell = answer.cells[dataIndex]
            if (!cell) return ''
            const aum = cell.aum === null ? '' : `<br>${t.aum} ${format.money(cell.aum)}`
            return `R${cell.recency} F${cell.frequency}<br>${t.customers} ${format.number(cell.customers)}<br>${t.monetary} ${format.money(cell.amount)}${aum}`
          },
        },
        xAxis: { type: 'category', name: t.recency, data: groups.map((group) => `R${group}`) },
        yAxis: { type: 'category', name: t.frequency, data: groups.map((group) => `F${group}`) },
        visualMap: {
          min: 0,
          max: most,
          calculable: false,
          orient: 'horizontal',
          left: 'center',
          bottom: 0,
          inRange: { color: heatRamps.calm },
        },
        series: [
          {
            type: 'heatmap',
            data: answer.cells.map(({ recency, frequency, customers }) => [
              recency - 1,
              frequency - 1,
              customers,
            ]),
            label: {
              color: heatRamps.ink,
              show: true,
              formatter: ({ value }: { value: number[] }) => format.compact(value[2] ?? 0),
            },
          },
        ],
      },
    }
  }, [answer, t, format])
  return (
    <Chart
      title={drawn.title}
      option={drawn.option}
      height={360}
      asOf={answer?.asOf ?? null}
      table={{
        columns: [t.recency, t.frequency, t.customers, t.monetary, t.aum, 'M1', 'M2', 'M3', 'M4', 'M5'],
        rows: cells.map((cell) => [
          cell.recency,
          cell.frequency,
          cell.customers,
          cell.amount,
          cell.aum,
          ...cell.monetary,
        ]),
      }}
      onClickItem={(index) => {
        const cell = cells[index]
        if (cell) onGroup(cell.recency, cell.frequency)
      }}
    />
  )
}
