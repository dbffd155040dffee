import { useMemo } from 'react'
import { aumTiers } from '#features/customers/common/aum-tier.ts'
import { eventName } from '#features/customers/common/event-words.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { Home } from '../common/home.ts'
import { activity, spanInDays, wholeDay } from './home-findings.ts'
import { homeText } from './home-text.ts'

type Part<K extends keyof Home> = NonNullable<Home[K]>
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
const axisTooltip = { trigger: 'axis', axisPointer: { type: 'shadow' } } as const

/** Few customers hold much: shares of customers and of assets side by side. */
export function TierChart({ tiers, asOf }: { tiers: Part<'aumByTier'>; asOf: string }) {
  const t = useText(homeText)
  const format = useFormat()
  const language = useLanguage()
  const drawn = useMemo(() => {
    const people = sum(tiers.map(({ customers }) => customers))
    const assets = sum(tiers.map(({ amount }) => Number(amount)))
    const name = (code: string) => aumTiers.find((tier) => tier.code === code)?.name[language] ?? code
    const from = (code: string) => aumTiers.find((tier) => tier.code === code)?.fromYuan ?? 0
    const above = tiers.filter(({ tier }) => from(tier) >= 200_000)
    const peopleAbove = share(sum(above.map(({ customers }) => customers)), people)
    const assetsAbove = share(sum(above.map(({ amount }) => Number(amount))), assets)
    const rows = tiers.map(({ tier, customers, amount }) => ({
      name: name(tier),
      people: share(customers, people),
      assets: share(Number(amount), assets),
      customers,
      amount: Number(amount),
    }))
    const upward = [...rows].reverse()
    const bar = (label: string, values: number[]) => ({
      type: 'bar',
      name: label,
      barMaxWidth: 12,
      data: values,
      label: {
        show: true,
        position: 'right',
        fontSize: 11,
        formatter: ({ value }: { value: number }) => shortPercent(value),
      },
    })
    const shortPercent = (value: number) => (value === 0 ? '' : format.percent(value, value < 0.001 ? 2 : 1))
    return {
      title:
        people === 0
          ? t.tierTitle
          : t.tierFinding(
              format.percent(1 - peopleAbove),
              format.percent(assetsAbove),
              format.percent(peopleAbove),
            ),
      option: {
        legend: { top: 0, left: 0, data: [t.customerShare, t.assetShare] },
        grid: { top: 28, right: 48 },
        tooltip: { ...axisTooltip, valueFormatter: (value: number) => format.percent(value, 2) },
        xAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.percent(value, 0) } },
        yAxis: { type: 'category', data: upward.map((row) => row.name), axisLabel: { interval: 0 } },
        series: [
          bar(
            t.customerShare,
            upward.map((row) => row.people),
          ),
          bar(
            t.assetShare,
            upward.map((row) => row.assets),
          ),
        ],
      },
      table: {
        columns: [t.tier, t.customers, t.customerShare, t.amount, t.assetShare],
        rows: rows.map((row) => [
          row.name,
          row.customers,
          format.percent(row.people, 2),
          row.amount,
          format.percent(row.assets, 2),
        ]),
      },
    }
  }, [tiers, t, format, language])
  return <Chart {...drawn} asOf={asOf} />
}

/** Assets over time, true to the days between; a line may start near the least, and its labels say so. */
export function AumChart({ days, asOf }: { days: Part<'aumByDay'>; asOf: string }) {
  const t = useText(homeText)
  const format = useFormat()
  const drawn = useMemo(() => {
    const change = Number(days.at(-1)?.amount ?? 0) - Number(days[0]?.amount ?? 0)
    const size = format.money(Math.abs(change))
    const span = spanInDays(days)
    const finding = change < 0 ? t.aumFell(size, span) : t.aumRose(size, span)
    const points = days.map(({ date, amount }) => [date.slice(0, 10), Number(amount)] as const)
    const amounts = points.map(([, amount]) => amount)
    const most = Math.max(...amounts)
    const digits = most - Math.min(...amounts) < most * 0.05 ? 4 : 2
    return {
      title: days.length < 2 ? t.aumByDay : finding,
      option: {
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.exactMoney(value) },
        xAxis: { type: 'time', axisLabel: { formatter: '{MM}-{dd}' } },
        yAxis: {
          type: 'value',
          scale: true,
          axisLabel: { formatter: (value: number) => format.compact(value, digits) },
        },
        series: [{ type: 'line', step: 'end', name: t.aum, showSymbol: days.length < 3, data: points }],
      },
      table: { columns: [t.date, t.aum], rows: points },
    }
  }, [days, t, format])
  return <Chart {...drawn} asOf={asOf} />
}

export function ActiveChart({ days, asOf }: { days: Part<'activeByDay'>; asOf: string }) {
  const t = useText(homeText)
  const format = useFormat()
  const drawn = useMemo(() => {
    const { mean, busiest } = activity(days, format.date(asOf))
    const weekday = busiest === null ? null : (t.weekdays.split(' ')[busiest] ?? null)
    const average = format.number(Math.round(mean ?? 0))
    const finding = weekday === null ? t.activeMean(average) : t.activeFinding(average, weekday)
    return {
      title: mean === null ? t.activeTitle : finding,
      option: {
        tooltip: { ...axisTooltip, valueFormatter: (value: number) => format.number(value) },
        xAxis: { type: 'category', data: days.map(({ date }) => date.slice(5, 10)) },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: [
          { type: 'bar', name: t.activeTitle, barMaxWidth: 20, data: days.map(({ customers }) => customers) },
        ],
      },
      table: {
        columns: [t.date, t.customers, t.events],
        rows: days.map((day) => [day.date.slice(0, 10), day.customers, day.events]),
      },
    }
  }, [days, asOf, t, format])
  return <Chart {...drawn} asOf={asOf} />
}

export function HourChart({ hours, asOf }: { hours: Part<'eventsByHour'>; asOf: string }) {
  const t = useText(homeText)
  const format = useFormat()
  const drawn = useMemo(() => {
    const rows = wholeDay(hours, (hour) =>
      /^\d{1,2}$/.test(hour) ? `${hour.padStart(2, '0')}:00` : format.time(hour).slice(11),
    )
    const most = rows.reduce((top, one) => (one.count > top.count ? one : top), { label: '', count: 0 })
    // In the first hours of a day the busiest says only what time it is.
    const isEarly = rows.filter(({ count }) => count > 0).length < 4
    return {
      title: isEarly ? t.hourTitle : t.hourFinding(most.label),
      option: {
        tooltip: { ...axisTooltip, valueFormatter: (value: number) => format.number(value) },
        xAxis: { type: 'category', data: rows.map(({ label }) => label) },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: [{ type: 'bar', name: t.hourTitle, barMaxWidth: 20, data: rows.map(({ count }) => count) }],
      },
      table: { columns: [t.hour, t.count], rows: rows.map(({ label, count }) => [label, count]) },
    }
  }, [hours, t, format])
  return <Chart {...drawn} asOf={asOf} />
}

export function TopEventsChart({ events, asOf }: { events: Part<'topEvents'>; asOf: string }) {
  const t = useText(homeText)
  const format = useFormat()
  const language = useLanguage()
  const drawn = useMemo(() => {
    const rows = events.slice(0, 10).map(({ name, count }) => ({ name: eventName(name, language), count }))
    const top = rows[0]
    const upward = [...rows].reverse()
    return {
      title: top
        ? t.topFinding(top.name, format.percent(share(top.count, sum(events.map(({ count }) => count)))))
        : t.topEvents,
      option: {
        grid: { right: 56 },
        tooltip: { ...axisTooltip, valueFormatter: (value: number) => format.number(value) },
        xAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        yAxis: { type: 'category', data: upward.map(({ name }) => name) },
        series: [
          {
            type: 'bar',
            name: t.count,
            barMaxWidth: 18,
            data: upward.map(({ count }) => count),
            label: {
              show: true,
              position: 'right',
              formatter: ({ value }: { value: number }) => format.compact(value),
            },
          },
        ],
      },
      table: { columns: [t.event, t.count], rows: rows.map(({ name, count }) => [name, count]) },
    }
  }, [events, t, format, language])
  return <Chart {...drawn} asOf={asOf} />
}
