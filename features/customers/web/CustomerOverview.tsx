import { useQuery } from '@tanstack/react-query'
import { Card, Checkbox, Flex, Table } from 'antd'
import { useMemo, useState } from 'react'
import type { z } from 'zod'
import { api, pathOf } from '#platform/web/api.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, ErrorState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { BalanceSeries, CustomerDetail, Holdings } from '../common/customer.ts'
import { daysOf, filled, mainClasses } from './balance-chart.ts'
import { customerText, productClassName } from './customer-text.ts'
import { LifecycleCards } from './LifecycleCard.tsx'
import { SimilarCard } from './SimilarCard.tsx'
import { TagsCard } from './TagsCard.tsx'

/** Balances over time, tags and holdings of one customer. */
export function CustomerOverview({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const may = useMay()
  const { customerNo } = customer
  return (
    <Flex vertical gap={16}>
      {may('balance.read') ? <BalanceChart customerNo={customerNo} /> : <EmptyState title={t.noPermission} />}
      <LifecycleCards customerNo={customerNo} />
      <div className="card-grid">
        <TagsCard customerNo={customerNo} />
        <Flex vertical gap={16} style={{ minWidth: 0 }}>
          {may('balance.read') && <HoldingsCard customerNo={customerNo} />}
          <SimilarCard customerNo={customerNo} />
        </Flex>
      </div>
    </Flex>
  )
}

function BalanceChart({ customerNo }: { customerNo: string }) {
  const t = useText(customerText)
  const balances = useQuery({
    queryKey: ['/api/customers', customerNo, 'balances'],
    queryFn: ({ signal }) =>
      api.get<BalanceSeries>(pathOf`/api/customers/${customerNo}/balances`, undefined, signal),
  })
  const drawn = useBalanceOption(balances.data)
  if (balances.error) {
    return (
      <Card size="small" title={t.balances}>
        <ErrorState error={balances.error} onRetry={() => void balances.refetch()} />
      </Card>
    )
  }
  return <Chart title={drawn?.title ?? t.balances} option={drawn?.option} table={drawn?.table} height={280} />
}

function useBalanceOption(series: BalanceSeries | undefined) {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  return useMemo(() => {
    if (!series) return undefined
    const days = daysOf(series)
    const { names } = mainClasses(series)
    const lines = names.map((name) => ({
      name: pick(productClassName(name)),
      values: filled(series.byClass.find((one) => one.class === name)?.points ?? [], days),
    }))
    const total = { name: t.total, values: filled(series.total, days) }
    const first = total.values.find((value) => value !== null) ?? 0
    const change = (total.values.at(-1) ?? 0) - first
    const isSame = Math.abs(change) < Math.max(1, Math.abs(first) * 0.005)
    const size = format.money(Math.abs(change))
    const finding = change > 0 ? t.balanceRose(size, days.length) : t.balanceFell(size, days.length)
    const line = (one: typeof total, isMain: boolean) => ({
      name: one.name,
      type: 'line',
      step: 'end',
      showSymbol: days.length === 1,
      connectNulls: false,
      lineStyle: { width: isMain ? 2.5 : 1.5 },
      emphasis: { focus: 'series' },
      data: one.values,
    })
    return {
      title: days.length === 0 ? t.balances : isSame ? t.balanceSame : finding,
      option: {
        tooltip: {
          trigger: 'axis',
          valueFormatter: (value: number | null) => (value === null ? '–' : format.exactMoney(value)),
        },
        legend: { type: 'scroll', top: 0, left: 0 },
        grid: { top: 36 },
        xAxis: { type: 'category', data: days, boundaryGap: false },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: [line(total, true), ...lines.map((one) => line(one, false))],
      },
      table: {
        columns: [t.date, total.name, ...lines.map(({ name }) => name)],
        rows: days.map((day, index) => [
          day,
          total.values[index] ?? null,
          ...lines.map(({ values }) => values[index] ?? null),
        ]),
      },
    }
  }, [series, t, pick, format])
}

function HoldingsCard({ customerNo }: { customerNo: string }) {
  const t = useText(customerText)
  const [hasClosed, setHasClosed] = useState(false)
  const holdings = useQuery({
    queryKey: ['/api/customers', customerNo, 'holdings'],
    queryFn: ({ signal }) =>
      api.get<z.infer<typeof Holdings>>(pathOf`/api/customers/${customerNo}/holdings`, undefined, signal),
  })
  return (
    <Card
      size="small"
      title={t.holdings}
      extra={
        <Checkbox checked={hasClosed} onChange={(event) => setHasClosed(event.target.checked)}>
          {t.showClosed}
        </Checkbox>
      }
    >
      <Loaded query={holdings} rows={3}>
        {({ items }) => <HoldingsTable items={items.filter((one) => hasClosed || one.closedOn === null)} />}
      </Loaded>
    </Card>
  )
}

function HoldingsTable({ items }: { items: z.infer<typeof Holdings>['items'] }) {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  if (items.length === 0) return <EmptyState title={t.noHoldings} />
  return (
    <Table
      size="small"
      rowKey="holdingNo"
      pagination={false}
      dataSource={items}
      scroll={{ x: 400 }}
      columns={[
        { title: t.product, dataIndex: 'productCode' },
        { title: t.family, key: 'family', render: (_, { family }) => pick(productClassName(family)) },
        {
          title: t.amount,
          key: 'amount',
          align: 'right',
          render: (_, { amount, currency }) =>
            amount === null
              ? '–'
              : currency === 'CNY'
                ? format.exactMoney(amount)
                : `${currency} ${format.number(Number(amount))}`,
        },
        {
          title: t.openedOn,
          key: 'opened',
          className: 'nowrap',
          render: (_, { openedOn }) => openedOn ?? '–',
        },
        {
          title: t.closedOn,
          key: 'closed',
          className: 'nowrap',
          render: (_, { closedOn }) => closedOn ?? '–',
        },
      ]}
    />
  )
}
