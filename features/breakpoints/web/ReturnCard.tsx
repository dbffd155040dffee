import { useMemo } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Breakpoints } from '../common/flow.ts'
import type { OnOpen } from './BreakpointPage.tsx'
import { breakpointText } from './breakpoint-text.ts'

/** How long until those who stopped come back, and whether they finish then, cumulative. */
export function ReturnCard({ answer, onOpen }: { answer: Breakpoints; onOpen: OnOpen }) {
  const t = useText(breakpointText)
  const format = useFormat()
  const { returns } = answer
  const drawn = useMemo(() => {
    let [back, done] = [0, 0]
    const span = (minutes: number | null) => {
      if (minutes === null) return t.longer
      if (minutes < 60) return t.minutes(minutes)
      return minutes < 1440 ? t.hours(minutes / 60) : t.days(minutes / 1440)
    }
    return returns.bins.map((bin) => {
      back += bin.cameBack
      done += bin.finished
      return { name: span(bin.upToMinutes), back, done }
    })
  }, [returns, t])
  const share = (count: number) => (returns.stopped === 0 ? 0 : count / returns.stopped)
  const line = (name: string, data: number[]) => ({ type: 'line', step: 'end', name, showSymbol: true, data })
  return (
    <Chart
      title={
        returns.stopped === 0
          ? t.returns
          : t.returnFinding(
              format.percent(share(returns.cameBack)),
              format.percent(returns.cameBack === 0 ? 0 : returns.finished / returns.cameBack),
            )
      }
      subtitle={t.share}
      asOf={answer.asOf}
      option={{
        legend: { top: 0, left: 0 },
        grid: { top: 32 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.percent(value) },
        xAxis: { type: 'category', data: drawn.map(({ name }) => name) },
        yAxis: {
          type: 'value',
          min: 0,
          axisLabel: { formatter: (value: number) => format.percent(value, 0) },
        },
        series: [
          line(
            t.cameBack,
            drawn.map(({ back }) => share(back)),
          ),
          line(
            t.finished,
            drawn.map(({ done }) => share(done)),
          ),
        ],
      }}
      table={{
        columns: [t.within, t.cameBack, t.finished],
        rows: drawn.map(({ name, back, done }) => [name, back, done]),
      }}
      onClickItem={() => onOpen(t.cameBack, { state: 'cameBack' })}
    />
  )
}

/** Attempts by group: how many came to the end, how many stopped. */
export function GroupCard({ answer }: { answer: Breakpoints }) {
  const t = useText(breakpointText)
  const pick = usePick()
  const format = useFormat()
  const name = ({ item, label }: Breakpoints['groups'][number]) =>
    label ?? (item === '-' ? t.noGroup : item.slice(1))
  const { groups } = answer
  return (
    <Chart
      title={t.groups}
      subtitle={answer.otherGroups > 0 ? t.otherGroups(answer.otherGroups) : undefined}
      asOf={answer.asOf}
      option={{
        legend: { top: 0, left: 0 },
        grid: { top: 32 },
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (value: number) => format.number(value),
        },
        xAxis: { type: 'category', data: groups.map(name) },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: [
          { type: 'bar', name: t.attempts, barMaxWidth: 24, data: groups.map(({ attempts }) => attempts) },
          { type: 'bar', name: t.completed, barMaxWidth: 24, data: groups.map(({ completed }) => completed) },
        ],
      }}
      table={{
        columns: [
          t.group,
          t.attempts,
          t.completed,
          ...answer.steps.map((step) => `${t.stopped} ${pick(step.name)}`),
        ],
        rows: groups.map((group) => [name(group), group.attempts, group.completed, ...group.stopped]),
      }}
    />
  )
}
