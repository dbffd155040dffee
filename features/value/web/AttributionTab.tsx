import { InputNumber, Select } from 'antd'
import { useMemo, useState } from 'react'
import { eventName } from '#features/customers/common/event-words.ts'
import { EventSelect, PropertyInput, useVocabulary } from '#features/rules/web/index.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import { type Attribution, type CreditModel, creditModels } from '../common/value.ts'
import { AnalysisFrame, DaysQuestion, Question } from './AnalysisFrame.tsx'
import type { Cell } from './CellPanel.tsx'
import { useAnalysis } from './use-analysis.ts'
import { valueText } from './value-text.ts'

const shown = 20

export function AttributionTab({ onCell }: { onCell: (cell: Cell) => void }) {
  const t = useText(valueText)
  const language = useLanguage()
  const { events } = useVocabulary()
  const [ask, setAsk] = useState({
    days: 90,
    touches: ['slot_clicked', 'touch_sent'],
    by: 'campaign',
    conversion: 'product_purchased',
    amount: '',
    windowDays: 30,
    model: 'linear' as CreditModel,
  })
  const put = (change: Partial<typeof ask>) => setAsk({ ...ask, ...change })
  const isAsked = ask.touches.length > 0 && ask.by !== '' && ask.conversion !== ''
  const query = {
    period: { days: ask.days },
    touches: ask.touches.map((event) => ({ event })),
    by: ask.by,
    conversion: { event: ask.conversion },
    ...(ask.amount ? { amount: ask.amount } : {}),
    window: { days: ask.windowDays },
  }
  const found = useAnalysis<Attribution>('attribution', isAsked ? query : undefined)
  return (
    <AnalysisFrame
      hint={t.attributionHint}
      query={found}
      questions={
        <>
          <DaysQuestion days={ask.days} onChange={(days) => put({ days })} />
          <Question label={t.touches} width={280}>
            <Select
              mode="multiple"
              aria-label={t.touches}
              value={ask.touches}
              onChange={(touches: string[]) => put({ touches: touches.slice(0, 10) })}
              options={events.map(({ name }) => ({ value: name, label: eventName(name, language) }))}
            />
          </Question>
          <Question label={t.by} width={150}>
            <PropertyInput event={ask.touches[0] ?? ''} value={ask.by} onChange={(by) => put({ by })} />
          </Question>
          <Question label={t.conversion}>
            <EventSelect value={ask.conversion} onChange={(conversion) => put({ conversion })} />
          </Question>
          <Question label={t.amount}>
            <PropertyInput
              event={ask.conversion}
              value={ask.amount}
              isClearable
              onChange={(amount) => put({ amount })}
            />
          </Question>
          <Question label={t.windowDays} width={130}>
            <InputNumber
              aria-label={t.windowDays}
              min={1}
              max={365}
              value={ask.windowDays}
              onChange={(windowDays) => put({ windowDays: windowDays ?? 30 })}
              style={{ width: '100%' }}
            />
          </Question>
          <Question label={t.model} width={180}>
            <Select
              aria-label={t.model}
              value={ask.model}
              onChange={(model) => put({ model })}
              options={creditModels.map((model) => ({ value: model, label: t[model] }))}
            />
          </Question>
        </>
      }
    >
      <CreditChart
        answer={found.data}
        model={ask.model}
        onItem={(item, name) =>
          onCell({
            title: `${t.attribution}：${name}`,
            kind: 'attribution',
            query,
            cell: { item, model: ask.model },
          })
        }
      />
    </AnalysisFrame>
  )
}

function CreditChart(props: {
  answer: Attribution | undefined
  model: CreditModel
  onItem: (item: string, name: string) => void
}) {
  const t = useText(valueText)
  const format = useFormat()
  const { answer, model } = props
  const drawn = useMemo(() => {
    if (!answer) return { title: t.attribution, option: undefined, rows: [] }
    const rows = [
      ...answer.items.map((one) => ({
        item: one.item,
        name: one.item === '-' ? t.none : one.item.slice(1) || t.none,
        credit: Number(one.credit[model]),
        touches: one.touches as number | null,
        customers: one.customers as number | null,
      })),
      { item: '!', name: t.untouched, credit: Number(answer.unattributed), touches: null, customers: null },
    ].sort((one, other) => other.credit - one.credit)
    const top = rows.find(({ item }) => item !== '!')
    const total = Number(answer.total)
    const drawnRows = rows.slice(0, shown).reverse()
    return {
      title:
        answer.conversions === 0
          ? t.attributionEmpty
          : t.attributionFinding(top?.name ?? '', format.percent(total ? (top?.credit ?? 0) / total : 0)),
      rows,
      option: {
        grid: { right: 72 },
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (value: number) => format.number(value),
        },
        xAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        yAxis: {
          type: 'category',
          data: drawnRows.map(({ name }) => name),
          axisLabel: { interval: 0, width: 120, overflow: 'truncate' },
        },
        series: [
          {
            type: 'bar',
            name: t.credit,
            barMaxWidth: 20,
            data: drawnRows.map(({ credit }) => credit),
            label: {
              show: true,
              position: 'right',
              formatter: ({ value }: { value: number }) => format.compact(value),
            },
          },
        ],
      },
    }
  }, [answer, model, t, format])
  const visible = drawn.rows.slice(0, shown)
  return (
    <Chart
      title={drawn.title}
      subtitle={[answer && `${t.total} ${format.number(Number(answer.total))}`, answer?.isCut && t.cut]
        .filter(Boolean)
        .join(' · ')}
      option={drawn.option}
      height={Math.max(220, 48 + visible.length * 28)}
      asOf={answer?.asOf ?? null}
      table={{
        columns: [t.item, ...creditModels.map((one) => t[one]), t.touchCount, t.customers],
        rows: drawn.rows.map(({ item, name, touches, customers }) => [
          name,
          ...creditModels.map((one) =>
            Number(
              item === '!'
                ? (answer?.unattributed ?? 0)
                : (answer?.items.find((x) => x.item === item)?.credit[one] ?? 0),
            ),
          ),
          touches,
          customers,
        ]),
      }}
      onClickItem={(index) => {
        const row = visible[visible.length - 1 - index]
        if (row) props.onItem(row.item, row.name)
      }}
    />
  )
}
