import { dateIn } from '#features/rules/common/bank-time.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { amongSql } from '#features/tags/server/kinds/universe.ts'
import { itemOf, itemsOf, type Said, whereHolds } from '#features/tags/server/tag-item.ts'
import { numberText } from '#features/tags/server/value-sql.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

type BalanceSource = SourceByKind['balance']

const currencyOf = (source: BalanceSource): string => source.currency ?? 'CNY'
const dayMs = 86_400_000
/** Days since 1970, as the engine counts them. */
const dayNumber = (date: string): number => Math.round(Date.parse(date) / dayMs)
const day = (number: number): Sql => sql`${typed('Int32', number)}`

/** Changes of one customer's balances, each (class, day, cents): those of one class, or of all. */
const changesOf = ({ balance }: BalanceSource): Sql =>
  balance === 'aum' ? sql`s.changes` : sql`arrayFilter(c -> c.1 = ${typed('String', balance)}, s.changes)`

const centsAt = (changes: Sql, at: number): Sql =>
  sql`arraySum(c -> if(c.2 <= ${day(at)}, c.3, toInt128(0)), ${changes})`

const centsText = (cents: Sql): Sql =>
  sql`replaceRegexpOne(toDecimalString(toDecimal256(${cents}, 2) / 100, 2), '[.]?0+$', '')`

/** The sum of the balances at the ends of all days from one to today: a change counts from its day on. */
const daysTotal = (changes: Sql, from: number, today: number): Sql =>
  sql`arraySum(c -> c.3 * toInt128(${day(today)} - greatest(c.2, ${day(from)}) + 1), ${changes})`

/** The least or greatest balance at the end of a day from one to today; of several changes on a day the last counts. */
function extremeCents(changes: Sql, from: number, isLeast: boolean): Sql {
  const ordered = sql`arraySort(c -> c.2, ${changes})`
  const days = sql`arrayMap(c -> c.2, ${ordered})`
  const ends = sql`arrayFilter((cents, own, next) -> own > ${day(from)} AND own != next,
    arrayCumSum(c -> c.3, ${ordered}), ${days}, arrayPushBack(arrayPopFront(${days}), toInt32(2147483647)))`
  const all = sql`arrayPushFront(${ends}, ${centsAt(changes, from)})`
  return isLeast ? sql`arrayMin(${all})` : sql`arrayMax(${all})`
}

function statistic(source: BalanceSource, todayDate: string): Said {
  const changes = changesOf(source)
  const today = dayNumber(todayDate)
  const days = source.days ?? 1
  const from = today - days + 1
  const last = centsAt(changes, today)
  const before = centsAt(changes, today - days)
  const mean = (since: number): Sql =>
    numberText(
      sql`toFloat64(${daysTotal(changes, since, today)}) / ${typed('Float64', 100 * (today - since + 1))}`,
    )
  const texts: { readonly [S in BalanceSource['stat']]: () => Sql } = {
    last: () => centsText(last),
    average: () => mean(from),
    monthAverage: () => mean(dayNumber(`${todayDate.slice(0, 7)}-01`)),
    min: () => centsText(extremeCents(changes, from, true)),
    max: () => centsText(extremeCents(changes, from, false)),
    change: () => centsText(sql`${last} - ${before}`),
    changeRate: () =>
      whereHolds(
        sql`${before} != 0`,
        numberText(sql`toFloat64(${last} - ${before}) / toFloat64(abs(${before}))`),
      ),
  }
  return { text: whereHolds(sql`notEmpty(${changes})`, texts[source.stat]()), isValue: true }
}

/** A statistic of balances at the ends of days; all of one currency share a scan. */
export const balanceKind: TagKind<BalanceSource> = {
  group: (source) => `balance:${currencyOf(source)}`,
  inputs: () => ({ ...noInputs, movesWithTime: true, reads: ['balance'] }),
  mayMiss: () => false,
  async items(tags, context) {
    const { now, timeZone } = context.time
    const today = dateIn(now.getTime(), timeZone)
    const items = tags.map((tag) => itemOf(tag, statistic(tag.source, today), timeZone))
    const currency = tags[0] ? currencyOf(tags[0].source) : 'CNY'
    return sql`
      SELECT s.customer_id AS customer_id, ${itemsOf(items)}
      FROM (
        SELECT p.customer_id AS customer_id, groupArrayArray(arrayMap(
          (point, before) -> (CAST(p.class, 'String'), point.1, point.2 - before.2), p.points,
          arrayPushFront(arrayPopBack(p.points), (toInt32(0), toInt128(0))))) AS changes
        FROM (
          SELECT b.customer_id AS customer_id, b.class AS class,
            arraySort(groupArray((toInt32(b.business_date), toInt128(toDecimal128(b.amount, 2) * 100)))) AS points
          FROM balance AS b FINAL
          WHERE b.currency = ${typed('String', currency)} AND b.business_date <= ${typed('Date32', today)}
            AND ${amongSql(context, sql`b.customer_id`)}
          GROUP BY b.customer_id, b.class) AS p
        GROUP BY p.customer_id) AS s`
  },
}
