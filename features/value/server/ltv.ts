import {
  type Analysis,
  ask,
  closedSpan,
  type InsightContext,
  openFrame,
} from '#features/insight/server/index.ts'
import { Ltv, LtvCell, LtvQuery } from '#features/value/common/value.ts'
import { valueError } from '#features/value/common/value-errors.ts'
import { addExactly, nano } from '#features/value/server/exact-sums.ts'
import { ageState, cohortRows, worthRows } from '#features/value/server/ltv-sql.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type Row = { cohort: string; age: number; customers: string; worth: string }

async function sourceOf(context: InsightContext, query: LtvQuery) {
  if ('ratePercent' in query.worth && !context.mayReadBalances) throw valueError('VALUE_AMOUNTS', {})
  const frame = await openFrame(context, query)
  const { timeZone, now } = context
  const today = bankDay(now, timeZone)
  return {
    frame,
    span: closedSpan(frame, now),
    today,
    about: { timeZone, nowMs: now.getTime(), today, among: frame.among },
  }
}

/** Sizes of cohorts as age -1, beside worth by age. */
const byCohort = (cohorts: Sql, worth: Sql, ages: number): Sql => sql`
  SELECT toString(c.cohort) AS cohort, toInt32(-1) AS age, toString(count()) AS customers, '0' AS worth
  FROM (${cohorts}) AS c GROUP BY c.cohort
  UNION ALL
  SELECT toString(w.cohort) AS cohort, toInt32(w.age) AS age, '0' AS customers, toString(sum(w.worth)) AS worth
  FROM (${worth}) AS w WHERE w.age >= 0 AND w.age < ${typed('UInt32', ages)} GROUP BY w.cohort, w.age`

/** Lifetime value: what customers of one beginning were worth, by age. */
export const ltv: Analysis<typeof LtvQuery, typeof Ltv, typeof LtvCell> = {
  kind: 'ltv',
  operation: 'Ltv',
  query: LtvQuery,
  answer: Ltv,
  cell: LtvCell,
  async run(context, query) {
    const { frame, span, today, about } = await sourceOf(context, query)
    const rows = await ask<Row>(
      context,
      byCohort(cohortRows(query, span, about), worthRows(query, span, about), query.ages),
    )
    const added = addExactly(rows, (row) => `${row.cohort} ${row.age}`, ['customers', 'worth'])
    const cohorts = [...new Set(rows.map((row) => row.cohort))].sort()
    return {
      ...frame.answer,
      grain: query.grain,
      cohorts: cohorts.map((cohort) => {
        const customers = Number(added.get(`${cohort} -1`)?.sums.get('customers') ?? 0n)
        let total = 0n
        const ages = Array.from({ length: query.ages }, (_, age) => {
          total += added.get(`${cohort} ${age}`)?.sums.get('worth') ?? 0n
          return { age, total, state: ageState(cohort, age, query.grain, today) }
        })
        return {
          cohort,
          customers,
          ages: ages
            .filter(({ state }) => state !== 'ahead')
            .map((one) => ({
              age: one.age,
              total: nano(one.total),
              perCustomer: Number(one.total) / 1e9 / customers,
              isComplete: one.state === 'complete',
            })),
        }
      }),
    }
  },
  async customers(context, query, { cohort }) {
    const { span, about } = await sourceOf(context, query)
    return sql`SELECT c.customer_id AS customer_id FROM (${cohortRows(query, span, about)}) AS c
      WHERE c.cohort = toDate32(${typed('String', cohort)})`
  },
}
