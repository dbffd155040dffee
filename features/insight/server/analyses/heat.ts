import { HeatAnswer, HeatCell, HeatQuery } from '#features/insight/common/heat.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { addUp, ask } from '#features/insight/server/ask.ts'
import { propertyItem } from '#features/insight/server/breakdown.ts'
import { eventsOf, type Frame, isAmong, matches, openFrame } from '#features/insight/server/frame.ts'
import type { Rule, Where } from '#features/rules/common/rule.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

const rowsSql = (query: HeatQuery, frame: Frame): Sql => sql`
  SELECT e.customer_id AS customer_id, ${propertyItem(query.page)} AS page, ${propertyItem(query.element)} AS element,
    ${propertyItem(query.position)} AS position
  FROM event AS e FINAL ${eventsOf([query.event.event], frame.span)} AND ${matches(query.event)} AND ${isAmong(frame)}`

type Row = { of: string; page: string; element: string; position: string; clicks: number; customers: number }

// Bits of grouping(): set where that column is not grouped by.
const sets = { spot: '0', page: '3', all: '7' }
const textOf = (item: string): string | null => (item.startsWith('v') ? item.slice(1) : null)
const byClicks = (one: Row, other: Row) =>
  other.clicks - one.clicks ||
  (`${one.page}|${one.element}|${one.position}` < `${other.page}|${other.element}|${other.position}` ? -1 : 1)
const clicksOf = (rows: readonly Row[]) => rows.reduce((sum, row) => sum + row.clicks, 0)

async function run(context: InsightContext, query: HeatQuery) {
  const frame = await openFrame(context, query)
  const rows = addUp(
    await ask<Row>(
      context,
      sql`
      SELECT toString(grouping(x.page, x.element, x.position)) AS of, x.page AS page, x.element AS element,
        x.position AS position, count() AS clicks, uniqExact(x.customer_id) AS customers
      FROM (${rowsSql(query, frame)}) AS x
      GROUP BY GROUPING SETS ((x.page, x.element, x.position), (x.page), ())`,
    ),
    ['of', 'page', 'element', 'position'],
    ['clicks', 'customers'],
  )
  const pages = rows.filter((row) => row.of === sets.page).sort(byClicks)
  const all = rows.find((row) => row.of === sets.all)
  return {
    ...frame.answer,
    ...{ clicks: all?.clicks ?? 0, customers: all?.customers ?? 0 },
    pages: pages.slice(0, query.pages).map((page) => {
      const spots = rows.filter((row) => row.of === sets.spot && row.page === page.page).sort(byClicks)
      const others = spots.slice(query.spots)
      return {
        ...{ page: textOf(page.page), clicks: page.clicks, customers: page.customers },
        spots: spots.slice(0, query.spots).map((spot) => ({
          ...{ element: textOf(spot.element), position: textOf(spot.position) },
          ...{ clicks: spot.clicks, customers: spot.customers },
        })),
        otherSpots: others.length ? { spots: others.length, clicks: clicksOf(others) } : null,
      }
    }),
    otherPages:
      pages.length > query.pages
        ? { pages: pages.length - query.pages, clicks: clicksOf(pages.slice(query.pages)) }
        : null,
  }
}

const isText = (item: Sql, text: string | null | undefined): Sql =>
  text === undefined ? sql`1` : sql`${item} = ${typed('String', text === null ? '-' : `v${text}`)}`

/** Click-heat: which elements of a page customers click, and at which position. */
export const heat: Analysis<typeof HeatQuery, typeof HeatAnswer, typeof HeatCell> = {
  kind: 'heat',
  operation: 'Heat',
  query: HeatQuery,
  answer: HeatAnswer,
  cell: HeatCell,
  run,
  async customers(context, query, cell) {
    const frame = await openFrame(context, query)
    return sql`
      SELECT x.customer_id AS customer_id FROM (${rowsSql(query, frame)}) AS x
      WHERE ${isText(sql`x.page`, cell.page)} AND ${isText(sql`x.element`, cell.element)}
        AND ${isText(sql`x.position`, cell.position)}`
  },
  rule(query, cell) {
    const where: Where[] = [...(query.event.where ?? [])]
    for (const name of ['page', 'element', 'position'] as const) {
      const value = cell[name]
      if (value === null) return undefined
      if (value !== undefined) where.push({ prop: query[name], is: 'eq', value })
    }
    const did: Rule = { did: query.event.event, within: query.period, ...(where.length ? { where } : {}) }
    return query.audience ? { all: [did, query.audience] } : did
  },
}
