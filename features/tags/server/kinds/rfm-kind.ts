import { spanOf } from '#features/rules/common/bank-time.ts'
import { amountOf, eventProperty, eventsSql } from '#features/rules/server/index.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { type KindContext, noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { isMoving } from '#features/tags/server/kinds/rule-inputs.ts'
import { amongSql } from '#features/tags/server/kinds/universe.ts'
import { itemOf, itemsOf, type TagTime } from '#features/tags/server/tag-item.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

type Rfm = SourceByKind['rfm']['rfm']
type Measure = 'recency' | 'frequency' | 'monetary'
const measures: readonly Measure[] = ['recency', 'frequency', 'monetary']

const groupsOf = (rfm: Rfm): number => rfm.groups ?? 5

/** Per customer with such an event: the bank's day of the last one, how many, and the sum in 10^-9. */
function measuresSql({ event, prop, within }: Rfm, time: TagTime, only: Sql): Sql {
  const span = spanOf(within, time.now, time.timeZone)
  const sum = prop === undefined ? sql`toDecimal128(0, 9)` : sql`sum(${amountOf(eventProperty(prop).text)})`
  return sql`
    SELECT e.customer_id AS customer_id, toInt64(max(toInt32(toDate32(e.occurred_at, ${typed('String', time.timeZone)})))) AS recency,
      toInt64(count()) AS frequency, ${sum} AS monetary
    FROM event AS e FINAL ${eventsSql(event, span)} AND ${only} GROUP BY e.customer_id`
}

const column: { readonly [M in Measure]: Sql } = {
  recency: sql`b.recency`,
  frequency: sql`b.frequency`,
  monetary: sql`b.monetary`,
}

/** Where groups end among all customers of the bank: group k + 1 begins above the k-th. */
async function cutsOf(rfm: Rfm, measure: Measure, { ch, time }: KindContext): Promise<string[]> {
  const groups = typed('UInt32', groupsOf(rfm))
  const rows = await ch.query<{ cut: string }>(
    sql`
      SELECT toString(min(c.v)) AS cut
      FROM (
        SELECT f.v AS v, sum(f.n) OVER (ORDER BY f.v) AS up_to, sum(f.n) OVER () AS total
        FROM (SELECT ${column[measure]} AS v, count() AS n FROM (${measuresSql(rfm, time, sql`1`)}) AS b GROUP BY v) AS f) AS c
      ARRAY JOIN range(toUInt32(1), ${groups}) AS part
      WHERE c.up_to * ${groups} >= c.total * part GROUP BY part ORDER BY part`,
    { lane: 'jobs' },
  )
  return rows.map(({ cut }) => cut)
}

const groupSql = (measure: Measure, cuts: readonly string[]): Sql => {
  const read = measure === 'monetary' ? sql`toDecimal128(cut, 9)` : sql`toInt64(cut)`
  return sql`toString(1 + arrayCount(cut -> ${column[measure]} > ${read}, ${typed('Array(String)', cuts)}))`
}

/** Groups by recency, frequency and money; all over the same events share a scan. */
export const rfmKind: TagKind<SourceByKind['rfm']> = {
  group: ({ rfm: { event, prop, within, groups } }) => `rfm:${JSON.stringify([event, prop, within, groups])}`,
  inputs: ({ rfm }) => ({
    ...noInputs,
    events: [rfm.event],
    movesWithTime: isMoving(rfm.within),
    dependsOnOthers: true,
  }),
  mayMiss: () => false,
  async items(tags, context) {
    const rfm = tags[0]?.source.rfm
    if (!rfm) throw new RangeError('No tags to compute')
    const parts = new Set(tags.map(({ source }) => source.rfm.part))
    const groups = new Map<string, Sql>()
    for (const measure of measures)
      if (parts.has(measure) || parts.has('cell'))
        groups.set(measure, groupSql(measure, await cutsOf(rfm, measure, context)))
    const cell = measures.map((measure) => groups.get(measure) ?? sql`''`)
    const items = tags.map((tag) => {
      const text = groups.get(tag.source.rfm.part) ?? sql`concat(${joinSql(cell, sql`, `)})`
      return itemOf(tag, { text, isValue: true }, context.time.timeZone)
    })
    const only = amongSql(context, sql`e.customer_id`)
    return sql`
      SELECT b.customer_id AS customer_id, ${itemsOf(items)} FROM (${measuresSql(rfm, context.time, only)}) AS b`
  },
}
