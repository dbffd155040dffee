import { addDays, dateIn } from '#features/rules/common/bank-time.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { type KindContext, noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { amongSql, everyCustomer } from '#features/tags/server/kinds/universe.ts'
import {
  type ComputedTag,
  itemOf,
  itemsOf,
  type Said,
  type TagTime,
  whereHolds,
} from '#features/tags/server/tag-item.ts'
import { amountText, textAsType } from '#features/tags/server/value-sql.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type HoldingSource = SourceByKind['holding']
type HoldingTag = ComputedTag<HoldingSource>

/** Where a holding says when it matures: a date, or a time that falls on one. */
const maturityAttribute = 'matures_on'

const isOpen = (today: string): Sql => sql`(
  (isNull(h.opened_on) OR h.opened_on <= ${typed('Date32', today)}) AND
  (isNull(h.closed_on) OR h.closed_on > ${typed('Date32', today)}))`

/** Whether an open holding is one the tag looks at. */
function looksAt({ holding }: HoldingSource, today: string): Sql {
  const family =
    holding.family === undefined ? sql`` : sql` AND h.family = ${typed('String', holding.family)}`
  const product =
    holding.product === undefined ? sql`` : sql` AND h.product_code = ${typed('String', holding.product)}`
  return sql`(${isOpen(today)}${family}${product})`
}

function statistic(source: HoldingSource, today: string, timeZone: string): Said {
  const looked = looksAt(source, today)
  const matures = sql`ifNull(${textAsType('date', sql`h.attributes[${typed('String', maturityAttribute)}]`, timeZone)}, '')`
  const ahead = sql`(${looked} AND ${matures} >= ${typed('String', today)})`
  const due = sql`(${ahead} AND ${matures} <= ${typed('String', addDays(today, source.days ?? 0))})`
  const paid = sql`(${looked} AND h.currency = ${typed('String', source.currency ?? 'CNY')} AND isNotNull(h.amount))`
  const where = (rows: Sql, text: Sql): Sql => whereHolds(sql`countIf(${rows}) > 0`, text)
  const texts: { readonly [S in Exclude<HoldingSource['stat'], 'has'>]: Sql } = {
    count: where(looked, sql`toString(countIf(${looked}))`),
    amount: where(paid, amountText(sql`sumIf(assumeNotNull(h.amount), ${paid})`)),
    maturing: where(due, sql`toString(countIf(${due}))`),
    nextMaturity: where(ahead, sql`minIf(${matures}, ${ahead})`),
  }
  return { text: source.stat === 'has' ? sql`NULL` : texts[source.stat], isValue: true }
}

/** Whether customers hold something: true or false for each of them. */
function hasItems(tags: readonly HoldingTag[], context: KindContext, today: string): Sql {
  const items = tags.map((tag) => {
    const holders = sql`
      SELECT h.customer_id FROM holding AS h FINAL
      WHERE ${looksAt(tag.source, today)} AND ${amongSql(context, sql`h.customer_id`)}`
    const text = sql`if(u.customer_id IN (${holders}), 'true', 'false')`
    return itemOf(tag, { text, isValue: true }, context.time.timeZone)
  })
  return sql`SELECT u.customer_id AS customer_id, ${itemsOf(items)} FROM (${everyCustomer(context)}) AS u`
}

const todayOf = ({ now, timeZone }: TagTime): string => dateIn(now.getTime(), timeZone)

/** A statistic of what a customer holds; all share a scan. */
export const holdingKind: TagKind<HoldingSource> = {
  group: ({ stat }) => (stat === 'has' ? 'holding:has' : 'holding'),
  inputs: () => ({ ...noInputs, movesWithTime: true, reads: ['holding'] }),
  mayMiss: () => false,
  async items(tags, context) {
    const today = todayOf(context.time)
    if (tags[0]?.source.stat === 'has') return hasItems(tags, context, today)
    const { timeZone } = context.time
    const items = tags.map((tag) => itemOf(tag, statistic(tag.source, today, timeZone), timeZone))
    return sql`
      SELECT h.customer_id AS customer_id, ${itemsOf(items)} FROM holding AS h FINAL
      WHERE ${amongSql(context, sql`h.customer_id`)} GROUP BY h.customer_id`
  },
}
