import { aumTiers } from '#features/customers/common/aum-tier.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { Stat } from '#platform/web/Stat.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Report } from '../common/campaign.ts'
import { IntervalPicture } from './IntervalPicture.tsx'
import { signed, spanOf } from './interval.ts'
import { ReportTable } from './ReportTable.tsx'
import { reportText } from './report-text.ts'

type Aum = NonNullable<Report['aum']>
type Effect = NonNullable<Aum['overall']>
type Tier = Aum['byTier'][number]

const numbersOf = ({ value, low, high }: Effect) => ({
  value: Number(value),
  low: Number(low),
  high: Number(high),
})

/** What became of AUM: per customer, in all, and tier by tier on one scale. */
export function AumEffect({ aum, asOf }: { aum: Aum; asOf: string }) {
  const t = useText(reportText)
  const pick = usePick()
  const format = useFormat()
  const span = spanOf(aum.byTier.flatMap(({ effect }) => (effect ? [numbersOf(effect)] : [])))
  const tierName = (code: string) =>
    aumTiers.find((tier) => tier.code === code)?.name ?? { zh: code, en: code }
  return (
    <ReportTable<Tier>
      title={t.aum}
      subtitle={t.aumHint}
      asOf={asOf}
      above={<Totals aum={aum} asOf={asOf} />}
      rows={aum.byTier}
      rowKey={(row) => row.tier}
      csv={tiersCsv(aum, t)}
      minWidth={640}
      columns={[
        {
          title: t.tier,
          key: 'tier',
          width: 120,
          render: (_, row) => `${row.tier} ${pick(tierName(row.tier))}`,
        },
        {
          title: t.treated,
          key: 'treated',
          width: 96,
          align: 'right',
          render: (_, row) => format.number(row.treatedCustomers),
        },
        {
          title: t.held,
          key: 'held',
          width: 96,
          align: 'right',
          render: (_, row) => format.number(row.controlCustomers),
        },
        {
          title: t.effect,
          key: 'effect',
          render: (_, { effect }) =>
            effect ? <EffectCell effect={effect} span={span} /> : <span className="quiet">{t.tooFew}</span>,
        },
      ]}
    />
  )
}

function useMoneyInterval(): (effect: Effect) => string {
  const t = useText(reportText)
  const format = useFormat()
  const money = (amount: string) => signed(Number(amount), format.money)
  return ({ value, low, high }) => t.moneyInterval(money(value), money(low), money(high))
}

function EffectCell({ effect, span }: { effect: Effect; span: { from: number; to: number } }) {
  const words = useMoneyInterval()(effect)
  return (
    <div>
      <IntervalPicture interval={numbersOf(effect)} span={span} words={words} method={effect.method} />
      <span className="small nowrap">{words}</span>
    </div>
  )
}

function Totals({ aum, asOf }: { aum: Aum; asOf: string }) {
  const t = useText(reportText)
  const { noted } = useMarks()
  const format = useFormat()
  const words = useMoneyInterval()
  const money = (amount: string) => signed(Number(amount), format.money)
  const { overall, unadjusted, totalEffect } = aum
  if (!overall) return null
  return (
    <div className="stat-grid">
      <Stat
        label={t.aumOverall}
        value={money(overall.value)}
        definition={noted(t.aumHint, overall.method)}
        note={words(overall)}
        asOf={asOf}
      />
      {totalEffect !== null && (
        <Stat
          label={t.aumTotal}
          value={money(totalEffect)}
          definition={t.aumTotalHint}
          exact={format.exactMoney(totalEffect)}
          asOf={asOf}
        />
      )}
      {unadjusted && (
        <Stat
          label={t.aumUnadjusted}
          value={money(unadjusted.value)}
          definition={t.aumUnadjustedHint}
          note={words(unadjusted)}
          asOf={asOf}
        />
      )}
    </div>
  )
}

const tiersCsv = (aum: Aum, t: ReturnType<typeof useText<typeof reportText>>) => ({
  columns: [t.tier, t.treated, t.held, t.effect, t.low, t.high, t.method],
  rows: aum.byTier.map((row) => [
    row.tier,
    row.treatedCustomers,
    row.controlCustomers,
    row.effect?.value ?? null,
    row.effect?.low ?? null,
    row.effect?.high ?? null,
    row.effect?.method ?? null,
  ]),
})
