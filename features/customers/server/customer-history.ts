import type { z } from 'zod'
import { amountMinor, amountText } from '#features/customers/common/amount.ts'
import type {
  BalanceSeries,
  Holding,
  TimelineItem,
  TimelineQuery,
} from '#features/customers/common/customer.ts'
import type { Page } from '#platform/common/http.ts'
import { httpError } from '#platform/common/http-errors.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'

type BalanceRow = { class: string; day: string; amount: string }
type EventRow = {
  at: string
  name: string
  source: string
  msg: string
  props: Record<string, string>
}

const firstDay = '1900-01-01'
const lastDay = '2299-12-31'

/** Within what the warehouse's dates can say. */
const clamped = (day: string): string => (day < firstDay ? firstDay : day > lastDay ? lastDay : day)

/** One point a day on which any class has a row; a class keeps its amount until its next row. */
export function seriesOf(rows: readonly BalanceRow[], currency: string): BalanceSeries {
  const latest = new Map<string, bigint>()
  const total = new Map<string, string>()
  const byClass = new Map<string, { date: string; amount: string }[]>()
  let sum = 0n
  for (const row of rows) {
    const amount = amountMinor(row.amount)
    sum += amount - (latest.get(row.class) ?? 0n)
    latest.set(row.class, amount)
    total.set(row.day, amountText(sum))
    const points = byClass.get(row.class) ?? []
    byClass.set(row.class, points)
    points.push({ date: row.day, amount: amountText(amount) })
  }
  return {
    currency,
    total: Array.from(total, ([date, amount]) => ({ date, amount })),
    byClass: Array.from(byClass, ([name, points]) => ({ class: name, points })),
  }
}

const cursorPatterns = [
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /^/,
]

const afterCursor = (cursor: string | undefined): Sql => {
  const key = decodeCursor(cursor, 3)
  if (!key) return sql`1`
  if (!key.every((part, index) => typeof part === 'string' && cursorPatterns[index]?.test(part))) {
    throw httpError('CURSOR_INVALID', {})
  }
  return sql`(e.occurred_at, e.msg, e.name) <
    (${typed("DateTime64(3, 'UTC')", key[0])}, ${typed('UUID', key[1])}, ${typed('String', key[2])})`
}

/** Only one event, only some days of the bank: as far as the reader asked. */
function chosen({ name, from, to }: TimelineQuery, timeZone: string): Sql {
  const day = sql`toDate32(e.occurred_at, ${typed('String', timeZone)})`
  const conditions = [
    ...(name ? [sql`e.name = ${typed('String', name)}`] : []),
    ...(from ? [sql`${day} >= ${typed('Date32', clamped(from))}`] : []),
    ...(to ? [sql`${day} <= ${typed('Date32', clamped(to))}`] : []),
  ]
  return conditions.reduce((all, one) => sql`${all} AND ${one}`, sql`1`)
}

/** What happened to one customer: holdings, balances, events. Callers have checked the scope of the customer. */
export function createCustomerHistory({ ch, timeZone }: { ch: ClickHouse; timeZone: string }) {
  /** CNY when the customer has any, else the currency with most rows. */
  async function mainCurrency(customerId: number): Promise<string> {
    const row = await ch.first<{ currency: string }>(sql`
      SELECT b.currency AS currency FROM balance AS b WHERE b.customer_id = ${typed('UInt32', customerId)}
      GROUP BY b.currency ORDER BY b.currency = 'CNY' DESC, count() DESC, b.currency LIMIT 1`)
    return row?.currency ?? 'CNY'
  }

  return {
    async holdings(customerId: number): Promise<z.infer<typeof Holding>[]> {
      return ch.query<z.infer<typeof Holding>>(sql`
        SELECT h.holding_no AS holdingNo, h.product_code AS productCode, h.family AS family, h.currency AS currency,
          h.amount AS amount, h.opened_on AS openedOn, h.closed_on AS closedOn,
          h.attributes AS attributes
        FROM holding AS h FINAL WHERE h.customer_id = ${typed('UInt32', customerId)}
        ORDER BY family, holdingNo`)
    },

    /** Days are inclusive; what a class had before `from` stands as its point of that day. */
    async balances(
      customerId: number,
      { from = firstDay, to = lastDay }: { from?: string | undefined; to?: string | undefined },
    ): Promise<BalanceSeries> {
      const currency = await mainCurrency(customerId)
      const rows = await ch.query<BalanceRow>(sql`
        SELECT b.class AS class, toString(greatest(b.business_date, ${typed('Date32', clamped(from))})) AS day,
          argMax(b.amount, b.business_date) AS amount
        FROM balance AS b FINAL
        WHERE b.customer_id = ${typed('UInt32', customerId)} AND b.currency = ${typed('String', currency)}
          AND b.business_date <= ${typed('Date32', clamped(to))}
        GROUP BY class, day ORDER BY day, class`)
      return seriesOf(rows, currency)
    },

    async timeline(customerId: number, page: TimelineQuery): Promise<Page<z.infer<typeof TimelineItem>>> {
      // The newest version of each message by hand: FINAL would merge whole granules of every event name (three times slower).
      const rows = await ch.query<EventRow>(sql`
        SELECT toString(e.occurred_at) AS at, e.name AS name, e.source AS source, toString(e.msg) AS msg, e.props AS props
        FROM (
          SELECT n.occurred_at, n.name, n.source, n.msg, n.props, n.is_deleted
          FROM event AS n PREWHERE n.customer_id = ${typed('UInt32', customerId)}
          ORDER BY n.ver DESC, n.is_deleted DESC LIMIT 1 BY n.name, n.msg
        ) AS e
        WHERE e.is_deleted = 0 AND ${afterCursor(page.cursor)} AND ${chosen(page, timeZone)}
        ORDER BY e.occurred_at DESC, e.msg DESC, e.name DESC LIMIT ${typed('UInt32', page.limit + 1)}`)
      return toPage(
        rows,
        page.limit,
        (row) => [row.at, row.msg, row.name],
        (row) => ({
          at: `${row.at.replace(' ', 'T')}Z`,
          name: row.name,
          source: row.source,
          messageId: row.msg,
          properties: row.props,
        }),
      )
    },
  }
}
