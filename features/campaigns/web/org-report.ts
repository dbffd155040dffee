import type { EChartsCoreOption } from 'echarts/core'
import type { Report } from '../common/campaign.ts'
import { type RateLift, rateLift } from '../common/lift.ts'

type Count = { customers: number; reached: number; converted: number }
/** One org unit: its treated and its held-out customers, and the difference. */
export type OrgRow = { orgId: number; orgName: string; treated: Count; control: Count; lift: RateLift | null }

const none: Count = { customers: 0, reached: 0, converted: 0 }
const add = (one: Count, other: Count): Count => ({
  customers: one.customers + other.customers,
  reached: one.reached + other.reached,
  converted: one.converted + other.converted,
})
const rateOf = ({ customers, converted }: Count): number => (customers === 0 ? 0 : converted / customers)

/** The arms of each org unit side by side, the largest unit first. */
export function orgRows(byOrg: Report['byOrg']): OrgRow[] {
  const rows = new Map<number, OrgRow>()
  for (const one of byOrg) {
    const row = rows.get(one.orgId) ?? {
      orgId: one.orgId,
      orgName: one.orgName,
      treated: none,
      control: none,
      lift: null,
    }
    const side = one.control ? 'control' : 'treated'
    rows.set(one.orgId, { ...row, [side]: add(row[side], one) })
  }
  return [...rows.values()]
    .map((row) => ({ ...row, lift: rateLift({ treated: row.treated, control: row.control }) ?? null }))
    .sort((one, other) => other.treated.customers - one.treated.customers)
}

/** The unit with the highest treated rate among those large enough to say so. */
export function bestOrg(rows: readonly OrgRow[], fewest = 30): OrgRow | undefined {
  const large = rows.filter((row) => row.treated.customers >= fewest && row.treated.converted > 0)
  return large.reduce<OrgRow | undefined>(
    (best, row) => (best && rateOf(best.treated) >= rateOf(row.treated) ? best : row),
    undefined,
  )
}

/** Rates of the largest units, treated beside held out. */
export function orgOption(rows: readonly OrgRow[], names: readonly [string, string]): EChartsCoreOption {
  const percent = (count: Count) => Math.round(rateOf(count) * 10_000) / 100
  const bar = (name: string, data: number[]) => ({ name, type: 'bar', data, barMaxWidth: 14 })
  const hasControl = rows.some((row) => row.control.customers > 0)
  return {
    legend: { top: 0, right: 0 },
    grid: { top: 32 },
    tooltip: { trigger: 'axis', valueFormatter: (value: number) => `${value}%` },
    xAxis: { type: 'value', min: 0, axisLabel: { formatter: '{value}%' } },
    yAxis: { type: 'category', inverse: true, data: rows.map((row) => row.orgName) },
    series: [
      bar(
        names[0],
        rows.map((row) => percent(row.treated)),
      ),
      ...(hasControl
        ? [
            bar(
              names[1],
              rows.map((row) => percent(row.control)),
            ),
          ]
        : []),
    ],
  }
}
