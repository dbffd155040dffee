import { Tooltip } from 'antd'
import { useFormat } from '#platform/web/format.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Report } from '../common/campaign.ts'
import { armName } from './campaign-words.ts'
import { IntervalPicture } from './IntervalPicture.tsx'
import { signed, spanOf } from './interval.ts'
import { ReportTable } from './ReportTable.tsx'
import { reportText } from './report-text.ts'

type Arm = Report['arms'][number]
type Lift = NonNullable<Arm['lift']>

/** A difference of rates in percentage points. */
export const points = (share: number): string => signed(share, (value) => (value * 100).toFixed(2))

/** Arm by arm: how many, reached, converted, the rate with its base, and the difference to the hold-out. */
export function ArmTable({ report }: { report: Report }) {
  const t = useText(reportText)
  const pick = usePick()
  const format = useFormat()
  const { arms } = report
  const span = spanOf(arms.flatMap((arm) => (arm.lift ? [arm.lift] : [])))
  const isByEvent = report.outcome !== 'aum'
  const hasAum = arms.some((arm) => arm.aum)
  const number = (title: string, hint: string, read: (arm: Arm) => number) => ({
    title: <Tooltip title={hint}>{title}</Tooltip>,
    key: title,
    width: 96,
    align: 'right' as const,
    render: (_: unknown, arm: Arm) => format.number(read(arm)),
  })
  return (
    <ReportTable<Arm>
      title={t.arms}
      asOf={report.asOf}
      rows={arms}
      rowKey={(arm) => `${arm.control}:${arm.arm}`}
      csv={armsCsv(report, t)}
      minWidth={isByEvent ? 860 : 560}
      columns={[
        {
          title: t.arm,
          key: 'arm',
          width: 120,
          render: (_, arm) => <strong>{pick(armName(arm.arm))}</strong>,
        },
        number(t.customers, t.rateHint, (arm) => arm.customers),
        number(t.reached, t.reachedHint, (arm) => arm.reached),
        ...(isByEvent ? [number(t.converted, t.convertedHint, (arm) => arm.converted)] : []),
        ...(isByEvent
          ? [
              {
                title: <Tooltip title={t.rateHint}>{t.rate}</Tooltip>,
                key: 'rate',
                width: 190,
                render: (_: unknown, arm: Arm) => format.rate(arm.converted, arm.customers),
              },
              {
                title: t.lift,
                key: 'lift',
                render: (_: unknown, arm: Arm) => arm.lift && <LiftCell lift={arm.lift} span={span} />,
              },
            ]
          : []),
        ...(hasAum ? aumColumns(t, format) : []),
      ]}
    />
  )
}

/** The picture and the words of one difference. */
export function LiftCell({ lift, span }: { lift: Lift; span: { from: number; to: number } }) {
  const t = useText(reportText)
  const words = t.pointsInterval(points(lift.value), points(lift.low), points(lift.high))
  return (
    <div>
      <IntervalPicture interval={lift} span={span} words={words} method={lift.method} />
      <span className="small nowrap">{words}</span>
    </div>
  )
}

function aumColumns(t: ReturnType<typeof useText<typeof reportText>>, format: ReturnType<typeof useFormat>) {
  const money = (title: string, read: (aum: NonNullable<Arm['aum']>) => string) => ({
    title,
    key: title,
    width: 120,
    align: 'right' as const,
    render: (_: unknown, { aum }: Arm) =>
      aum ? <Tooltip title={format.exactMoney(read(aum))}>{format.money(read(aum))}</Tooltip> : '–',
  })
  return [
    money(t.opening, (aum) => aum.opening),
    money(t.closing, (aum) => aum.closing),
    money(t.change, (aum) => aum.changePerCustomer),
  ]
}

const armsCsv = (report: Report, t: ReturnType<typeof useText<typeof reportText>>) => ({
  columns: [
    t.arm,
    t.customers,
    t.reached,
    t.converted,
    t.rate,
    t.lift,
    t.low,
    t.high,
    t.method,
    t.opening,
    t.closing,
  ],
  rows: report.arms.map((arm) => [
    arm.arm,
    arm.customers,
    arm.reached,
    arm.converted,
    arm.rate,
    arm.lift?.value ?? null,
    arm.lift?.low ?? null,
    arm.lift?.high ?? null,
    arm.lift?.method ?? null,
    arm.aum?.opening ?? null,
    arm.aum?.closing ?? null,
  ]),
})
