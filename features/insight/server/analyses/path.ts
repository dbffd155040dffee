import { otherGroups } from '#features/insight/common/frame.ts'
import { PathAnswer, PathCell, PathQuery } from '#features/insight/common/path.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { addUp, ask } from '#features/insight/server/ask.ts'
import { shownGroups } from '#features/insight/server/breakdown.ts'
import {
  closedSpan,
  eventsOf,
  type Frame,
  isAmong,
  matches,
  momentOf,
  openFrame,
} from '#features/insight/server/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { eventProperty } from '#features/rules/server/index.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

// Between the name of a step's event and its detail, in the text of a node.
const mark = sql`'\n'`

function nodeSql({ detail }: PathQuery): Sql {
  if (detail.length === 0) return sql`toString(e.name)`
  const parts = detail.map(({ event, prop }) => {
    const { text, isPresent } = eventProperty(prop)
    return sql`e.name = ${typed('String', event)} AND ${isPresent}, concat(e.name, ${mark}, ${text})`
  })
  return sql`multiIf(${joinSql(parts, sql`, `)}, toString(e.name))`
}

/** Rows (customer_id, way): nodes from the anchor on, in the direction asked for. */
function waysSql(query: PathQuery, frame: Pick<Frame, 'among'>, span: Span): Sql {
  const isTo = query.direction === 'to'
  const names = query.events.length === 0 ? [] : [...query.events, query.anchor.event]
  const gap = typed('Int64', query.gapMinutes * 60_000)
  const steps = sql`arrayMap(s -> s.4, w.cut)`
  const part = isTo ? sql`arrayReverse(arraySlice(w.steps, 1, w.anchor))` : sql`arraySlice(w.steps, w.anchor)`
  return sql`
    SELECT w.customer_id AS customer_id,
      arraySlice(${query.collapse ? sql`arrayCompact(${steps})` : steps}, 1, ${typed('UInt8', query.depth + 1)}) AS way
    FROM (
      SELECT w.customer_id AS customer_id, ${part} AS part,
        arrayFirstIndex(pause -> abs(pause) > ${gap}, arrayDifference(arrayMap(s -> s.1, part))) AS broken,
        if(broken = 0, part, arraySlice(part, 1, broken - 1)) AS cut
      FROM (
        SELECT v.customer_id AS customer_id, arraySort(s -> (s.1, s.2, s.3), groupArray((v.at, v.name, v.msg, v.node, v.is_anchor))) AS steps,
          arrayFirstIndex(s -> s.5 = 1, steps) AS anchor
        FROM (
          SELECT e.customer_id AS customer_id, ${momentOf} AS at, toString(e.name) AS name, e.msg AS msg, ${nodeSql(query)} AS node,
            toUInt8(${matches(query.anchor)}) AS is_anchor
          FROM event AS e FINAL ${eventsOf(names, span)} AND ${isAmong(frame)}) AS v
        GROUP BY v.customer_id HAVING anchor > 0) AS w) AS w`
}

type Link = { place: number; node: string; next: string; ends: number; n: number }

/** Nodes that may be shown at each place, by their customers. */
function shownByPlace(links: readonly Link[], query: PathQuery) {
  return Array.from({ length: query.depth + 1 }, (_, place) => {
    const sizes = new Map<string, number>()
    for (const link of links)
      if (Number(link.place) === place) sizes.set(link.node, (sizes.get(link.node) ?? 0) + link.n)
    return shownGroups(sizes, query.top)
  })
}

const describe = (node: string) => {
  const cut = node.indexOf('\n')
  return cut < 0 ? { name: node, value: null } : { name: node.slice(0, cut), value: node.slice(cut + 1) }
}

const addTo = <K extends string>(sums: Map<K, number>, key: K, n: number) =>
  sums.set(key, (sums.get(key) ?? 0) + n)

/** Adds links of nodes that are not shown to those of all others. */
function foldLinks(links: readonly Link[], query: PathQuery) {
  const shown = shownByPlace(links, query)
  const nodes = new Map<string, number>()
  const folded = new Map<string, number>()
  for (const link of links) {
    const place = Number(link.place)
    const from = shown[place]?.fold(link.node) ?? otherGroups
    const to = Number(link.ends) ? null : (shown[place + 1]?.fold(link.next) ?? otherGroups)
    addTo(nodes, JSON.stringify([place, from]), link.n)
    if (place < query.depth) addTo(folded, JSON.stringify([place, from, to]), link.n)
  }
  return {
    nodes: [...nodes].map(([key, customers]) => {
      const [place, node] = JSON.parse(key) as [number, string]
      return { place, node, ...describe(node), customers }
    }),
    links: [...folded].map(([key, customers]) => {
      const [place, from, to] = JSON.parse(key) as [number, string, string | null]
      return { place, from, to, customers }
    }),
    others: shown.map((one) => one.others?.groups ?? 0),
  }
}

async function run(context: InsightContext, query: PathQuery) {
  const frame = await openFrame(context, query)
  const ways = waysSql(query, frame, closedSpan(frame, context.now))
  const links = addUp(
    await ask<Link>(
      context,
      sql`
      SELECT y.place AS place, y.node AS node, y.next AS next, y.ends AS ends, count() AS n FROM (
        SELECT arrayJoin(arrayEnumerate(x.way)) - 1 AS place, x.way[place + 1] AS node, x.way[place + 2] AS next,
          toUInt8(place + 1 = length(x.way)) AS ends
        FROM (${ways}) AS x) AS y
      GROUP BY y.place, y.node, y.next, y.ends`,
    ),
    ['place', 'node', 'next', 'ends'],
    ['n'],
  )
  const customers = links.reduce((sum, link) => sum + (Number(link.place) === 0 ? link.n : 0), 0)
  const order = (one: { place: number; customers: number }, other: { place: number; customers: number }) =>
    one.place - other.place || other.customers - one.customers
  const { nodes, links: folded, others } = foldLinks(links, query)
  return { ...frame.answer, customers, nodes: nodes.sort(order), links: folded.sort(order), others }
}

/** Whether the node at a position of the way is the one meant. */
const isNode = (
  position: number,
  one: { node?: string | null | undefined; not?: string[] | undefined } | undefined,
): Sql => {
  const at = typed('UInt8', position)
  if (!one || one.node === undefined) return sql`1`
  if (one.node === null) return sql`length(x.way) < ${at}`
  if (one.node !== otherGroups)
    return sql`x.way[${at}] = ${typed('String', one.node)} AND length(x.way) >= ${at}`
  return sql`x.way[${at}] NOT IN ${typed('Array(String)', one.not ?? [])} AND length(x.way) >= ${at}`
}

/** Path: what customers do after a step, or what led them to it. */
export const path: Analysis<typeof PathQuery, typeof PathAnswer, typeof PathCell> = {
  kind: 'path',
  operation: 'Path',
  query: PathQuery,
  answer: PathAnswer,
  cell: PathCell,
  run,
  async customers(context, query, cell) {
    const frame = await openFrame(context, query)
    return sql`
      SELECT x.customer_id AS customer_id FROM (${waysSql(query, frame, closedSpan(frame, context.now))}) AS x
      WHERE length(x.way) > ${typed('UInt8', cell.place)} AND ${isNode(cell.place + 1, cell)}
        AND ${isNode(cell.place + 2, cell.next)}`
  },
}
