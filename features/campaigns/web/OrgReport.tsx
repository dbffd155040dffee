import { useMemo } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Report } from '../common/campaign.ts'
import { LiftCell } from './ArmTable.tsx'
import { spanOf } from './interval.ts'
import { bestOrg, type OrgRow, orgOption, orgRows } from './org-report.ts'
import { ReportTable } from './ReportTable.tsx'
import { reportText } from './report-text.ts'

const mostBars = 12

/** Unit by unit: rates as bars for the largest, and all of them with their differences. */
export function OrgReport({ report }: { report: Report }) {
  const t = useText(reportText)
  const rows = useMemo(() => orgRows(report.byOrg), [report.byOrg])
  const columns = useColumns(rows)
  if (rows.length === 0 || report.outcome === 'aum') return null
  return (
    <div className="org-report">
      <OrgChart rows={rows.slice(0, mostBars)} asOf={report.asOf} />
      <ReportTable<OrgRow>
        title={t.byOrg}
        subtitle={t.byOrgSmall}
        asOf={report.asOf}
        rows={rows}
        rowKey={(row) => String(row.orgId)}
        columns={columns}
        minWidth={640}
        csv={{
          columns: [
            t.org,
            t.treated,
            `${t.treated} ${t.converted}`,
            t.held,
            `${t.held} ${t.converted}`,
            t.lift,
            t.low,
            t.high,
          ],
          rows: rows.map(({ orgName, treated, control, lift }) => [
            orgName,
            treated.customers,
            treated.converted,
            control.customers,
            control.converted,
            lift?.value ?? null,
            lift?.low ?? null,
            lift?.high ?? null,
          ]),
        }}
      />
    </div>
  )
}

function useColumns(rows: readonly OrgRow[]) {
  const t = useText(reportText)
  const format = useFormat()
  const span = spanOf(rows.flatMap(({ lift }) => (lift ? [lift] : [])))
  return [
    { title: t.org, key: 'org', dataIndex: 'orgName', width: 112 },
    {
      title: t.treatedRate,
      key: 'treated',
      width: 164,
      render: (_: unknown, { treated }: OrgRow) => format.rate(treated.converted, treated.customers),
    },
    {
      title: t.controlRate,
      key: 'control',
      width: 144,
      render: (_: unknown, { control }: OrgRow) => format.rate(control.converted, control.customers),
    },
    {
      title: t.lift,
      key: 'lift',
      render: (_: unknown, { lift }: OrgRow) =>
        lift ? <LiftCell lift={lift} span={span} /> : <span className="quiet">–</span>,
    },
  ]
}

function OrgChart({ rows, asOf }: { rows: readonly OrgRow[]; asOf: string }) {
  const t = useText(reportText)
  const format = useFormat()
  const option = useMemo(() => orgOption(rows, [t.treated, t.held]), [rows, t])
  const best = bestOrg(rows)
  const rate = best ? format.rate(best.treated.converted, best.treated.customers) : ''
  return (
    <Chart
      title={best ? t.byOrgTitle(best.orgName, rate) : t.byOrg}
      subtitle={t.byOrgSmall}
      option={option}
      asOf={asOf}
      height={Math.max(200, rows.length * 36 + 60)}
      table={{
        columns: [t.org, t.treatedRate, t.controlRate],
        rows: rows.map(({ orgName, treated, control }) => [
          orgName,
          format.rate(treated.converted, treated.customers),
          format.rate(control.converted, control.customers),
        ]),
      }}
    />
  )
}
