import { type Analysis, ask, closedSpan, openFrame } from '#features/insight/server/index.ts'
import {
  Attribution,
  AttributionCell,
  AttributionQuery,
  type CreditModel,
  creditModels,
} from '#features/value/common/value.ts'
import { creditByItem, creditedCustomers, creditRows } from '#features/value/server/attribution-sql.ts'
import { addExactly, nano } from '#features/value/server/exact-sums.ts'

type Row = { item: string; customers: string; touches: string; conversions: string; worth: string } & Record<
  `credit_${CreditModel}`,
  string
>

const mostItems = 200
/** The item of conversions before which there was no touch. */
export const untouched = '!'
const sums = [
  'customers',
  'touches',
  'conversions',
  'worth',
  ...creditModels.map((model) => `credit_${model}` as const),
] as const

/** Touch attribution: what conversions were worth, shared among the touches before them. */
export const attribution: Analysis<typeof AttributionQuery, typeof Attribution, typeof AttributionCell> = {
  kind: 'attribution',
  operation: 'Attribution',
  query: AttributionQuery,
  answer: Attribution,
  cell: AttributionCell,
  async run(context, query) {
    const frame = await openFrame(context, query)
    const rows = await ask<Row>(
      context,
      creditByItem(creditRows(query, closedSpan(frame, context.now), frame.among)),
    )
    const items = [...addExactly(rows, (row) => row.item, sums)]
    const whole = (name: (typeof sums)[number]) =>
      items.reduce((total, [, { sums: of }]) => total + (of.get(name) ?? 0n), 0n)
    const touched = items
      .filter(([item]) => item !== untouched)
      .sort(([, one], [, other]) =>
        Number((other.sums.get('credit_linear') ?? 0n) - (one.sums.get('credit_linear') ?? 0n)),
      )
    const shown = touched.slice(0, mostItems).map(([item, { sums: of }]) => ({
      item,
      customers: Number(of.get('customers')),
      touches: Number(of.get('touches')),
      credit: Object.fromEntries(
        creditModels.map((model) => [model, nano(of.get(`credit_${model}`) ?? 0n)]),
      ) as Record<CreditModel, string>,
    }))
    return {
      ...frame.answer,
      total: nano(whole('worth')),
      conversions: Number(whole('conversions')),
      unattributed: nano(new Map(items).get(untouched)?.sums.get('worth') ?? 0n),
      items: shown,
      isCut: touched.length > shown.length,
    }
  },
  async customers(context, query, { item, model }) {
    const frame = await openFrame(context, query)
    return creditedCustomers(creditRows(query, closedSpan(frame, context.now), frame.among), item, model)
  },
}
