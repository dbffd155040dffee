import { useMemo } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Breakpoints } from '../common/flow.ts'
import type { OnOpen } from './BreakpointPage.tsx'
import { breakpointText } from './breakpoint-text.ts'

const shown = 12

/** Why attempts stopped, the most frequent first. */
export function ReasonCard({ answer, onOpen }: { answer: Breakpoints; onOpen: OnOpen }) {
  const t = useText(breakpointText)
  const pick = usePick()
  const format = useFormat()
  const drawn = useMemo(() => {
    const stepName = new Map(answer.steps.map(({ key, name }) => [key, pick(name)]))
    const rows = [...answer.reasons]
      .sort((one, other) => other.attempts - one.attempts)
      .map((one) => ({
        ...one,
        name: `${stepName.get(one.step) ?? one.step} · ${one.reason || t.unknown}`,
        kindName: t[one.kind],
      }))
    const top = rows[0]
    return {
      rows,
      title: top
        ? t.reasonFinding(
            top.reason || t.unknown,
            format.percent(top.attempts / Math.max(1, answer.returns.stopped)),
          )
        : t.noStops,
    }
  }, [answer, t, pick, format])
  const upward = drawn.rows.slice(0, shown).reverse()
  return (
    <Chart
      title={drawn.title}
      subtitle={answer.otherReasons > 0 ? t.otherReasons(answer.otherReasons) : undefined}
      asOf={answer.asOf}
      height={Math.max(200, 48 + upward.length * 26)}
      option={{
        grid: { right: 48 },
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (value: number) => format.number(value),
        },
        xAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        yAxis: {
          type: 'category',
          data: upward.map(({ name }) => name),
          axisLabel: { interval: 0, width: 150, overflow: 'truncate' },
        },
        series: [
          {
            type: 'bar',
            name: t.stopped,
            barMaxWidth: 18,
            data: upward.map(({ attempts }) => attempts),
            label: {
              show: true,
              position: 'right',
              formatter: ({ value }: { value: number }) => format.compact(value),
            },
          },
        ],
      }}
      table={{
        columns: [t.step, t.reason, t.reasons, t.stopped],
        rows: drawn.rows.map(({ name, reason, kindName, attempts }) => [
          name.split(' · ')[0] ?? '',
          reason,
          kindName,
          attempts,
        ]),
      }}
      onClickItem={(index) => {
        const row = upward[index]
        if (row)
          onOpen(row.name, {
            state: 'stopped',
            step: row.step,
            reason: { kind: row.kind, reason: row.reason },
          })
      }}
    />
  )
}
