import { Button, Card, Flex, InputNumber, Select, Table } from 'antd'
import { useMemo, useState } from 'react'
import { EventSelect, PropertyInput } from '#features/rules/web/index.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { Ltv } from '../common/value.ts'
import { AnalysisFrame, DaysQuestion, Question } from './AnalysisFrame.tsx'
import type { Cell } from './CellPanel.tsx'
import { useAnalysis } from './use-analysis.ts'
import { valueText } from './value-text.ts'

export function LtvTab({ onCell }: { onCell: (cell: Cell) => void }) {
  const t = useText(valueText)
  const may = useMay()
  const [ask, setAsk] = useState({
    days: 180,
    start: 'app_opened',
    worth: 'event',
    event: 'product_purchased',
    amount: 'amount',
    rate: 0.8,
  })
  const put = (change: Partial<typeof ask>) => setAsk({ ...ask, ...change })
  const worth =
    ask.worth === 'aum' ? { ratePercent: ask.rate } : { event: { event: ask.event }, amount: ask.amount }
  const isAsked = ask.start !== '' && (ask.worth === 'aum' || (ask.event !== '' && ask.amount !== ''))
  const query = { period: { days: ask.days }, start: { event: ask.start }, worth }
  const found = useAnalysis<Ltv>('ltv', isAsked ? query : undefined)
  return (
    <AnalysisFrame
      hint={t.ltvHint}
      query={found}
      questions={
        <>
          <DaysQuestion days={ask.days} onChange={(days) => put({ days })} />
          <Question label={t.start}>
            <EventSelect value={ask.start} onChange={(start) => put({ start })} />
          </Question>
          <Question label={t.worth} width={230}>
            <Select
              aria-label={t.worth}
              value={ask.worth}
              onChange={(value: string) => put({ worth: value })}
              options={[
                { value: 'event', label: t.worthEvent },
                ...(may('balance.read') ? [{ value: 'aum', label: t.worthAum }] : []),
              ]}
            />
          </Question>
          {ask.worth === 'aum' ? (
            <Question label={t.rate} width={120}>
              <InputNumber
                aria-label={t.rate}
                min={0.01}
                max={100}
                step={0.1}
                value={ask.rate}
                onChange={(rate) => put({ rate: rate ?? 0.8 })}
              />
            </Question>
          ) : (
            <>
              <Question label={t.event}>
                <EventSelect value={ask.event} onChange={(event) => put({ event })} />
              </Question>
              <Question label={t.monetary} width={150}>
                <PropertyInput event={ask.event} value={ask.amount} onChange={(amount) => put({ amount })} />
              </Question>
            </>
          )}
        </>
      }
    >
      <CohortChart answer={found.data} />
      {found.data && (
        <CohortTable
          answer={found.data}
          onCohort={(cohort) =>
            onCell({ title: `${t.cohort} ${cohort.slice(0, 7)}`, kind: 'ltv', query, cell: { cohort } })
          }
        />
      )}
    </AnalysisFrame>
  )
}

const mostLines = 6

function CohortChart({ answer }: { answer: Ltv | undefined }) {
  const t = useText(valueText)
  const format = useFormat()
  const drawn = useMemo(() => {
    if (!answer) return { title: t.ltv, option: undefined, rows: [], ages: 0 }
    const cohorts = answer.cohorts.slice(-mostLines)
    const ages = Math.max(0, ...answer.cohorts.map((cohort) => cohort.ages.length))
    const first = answer.cohorts[0]
    const end = first?.ages.at(-1)
    return {
      title: end ? t.ltvFinding(format.money(end.perCustomer), end.age) : t.ltvEmpty,
      ages,
      rows: answer.cohorts.map((cohort) => [
        cohort.cohort.slice(0, 7),
        cohort.customers,
        ...Array.from({ length: ages }, (_, age) => cohort.ages[age]?.perCustomer ?? null),
      ]),
      option: {
        legend: { top: 0, left: 0 },
        grid: { top: 32 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.exactMoney(value ?? 0) },
        xAxis: { type: 'category', data: Array.from({ length: ages }, (_, age) => t.age(age)) },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: cohorts.map((cohort) => ({
          type: 'line',
          name: cohort.cohort.slice(0, 7),
          showSymbol: cohort.ages.length < 3,
          data: cohort.ages.map(({ perCustomer }) => Number(perCustomer.toFixed(2))),
        })),
      },
    }
  }, [answer, t, format])
  return (
    <Chart
      title={drawn.title}
      option={drawn.option}
      asOf={answer?.asOf ?? null}
      table={{
        columns: [t.cohort, t.customers, ...Array.from({ length: drawn.ages }, (_, age) => t.age(age))],
        rows: drawn.rows,
      }}
    />
  )
}

function CohortTable({ answer, onCohort }: { answer: Ltv; onCohort: (cohort: string) => void }) {
  const t = useText(valueText)
  const format = useFormat()
  const ages = Math.max(0, ...answer.cohorts.map((cohort) => cohort.ages.length))
  return (
    <Card size="small">
      <Flex vertical>
        <Table
          size="small"
          pagination={false}
          scroll={{ x: 'max-content' }}
          rowKey={(row) => row.cohort}
          dataSource={answer.cohorts}
          columns={[
            { title: t.cohort, key: 'cohort', fixed: 'left', render: (_, row) => row.cohort.slice(0, 7) },
            {
              title: t.customers,
              key: 'customers',
              align: 'right',
              render: (_, row) => (
                <Button type="link" size="small" onClick={() => onCohort(row.cohort)}>
                  {format.number(row.customers)}
                </Button>
              ),
            },
            ...Array.from({ length: ages }, (_, age) => ({
              title: t.age(age),
              key: `age${age}`,
              align: 'right' as const,
              render: (_: unknown, row: Ltv['cohorts'][number]) => {
                const one = row.ages[age]
                return one ? `${format.money(one.perCustomer)}${one.isComplete ? '' : ' *'}` : ''
              },
            })),
          ]}
        />
      </Flex>
    </Card>
  )
}
