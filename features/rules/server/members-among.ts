import { compareText } from '#features/rules/common/compare.ts'
import {
  type Bits,
  clearBit,
  combineBits,
  emptyBits,
  hasBit,
  setBit,
} from '#features/rules/server/customer-bits.ts'
import { answerLeaves } from '#features/rules/server/event-leaves.ts'
import {
  type EventLeaf,
  eventScan,
  holdsWithoutEvents,
  isEventLeaf,
  isTagLeaf,
  type Numbered,
  otherScan,
  type TagRow,
  tagScans,
  valuesOf,
} from '#features/rules/server/leaf-scans.ts'
import {
  askedAlone,
  type EventGroup,
  type EventLimits,
  type EventReading,
  readEventRows,
} from '#features/rules/server/read-event-rows.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import type { RuleForest } from '#features/rules/server/rule-tree.ts'
import { universeSql } from '#features/rules/server/universe.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'

/** Customers whose messages are brought by one query. */
const mostAtOnce = 2_000

/** `scan`: 0 says who is a customer, 1 … are the events in order, -1 is a leaf asked by itself. */
type HoldingRow = { scan: number; customer_id: number; leaves: number[] }
type Read = EventReads & { holding: HoldingRow[]; tags: TagRow[] }
type EventReads = { readings: EventReading[]; alone: HoldingRow[] }
type Plan = { leaves: readonly Numbered[]; events: readonly EventGroup[] }
export type AmongOptions = QueryOptions & { limits?: EventLimits }

const planOf = (forest: RuleForest): Plan => {
  const leaves: Numbered[] = forest.leaves.map((one, index) => ({ ...one, index }))
  const byEvent = new Map<string, Numbered<EventLeaf>[]>()
  for (const one of leaves.filter(isEventLeaf)) {
    const known = byEvent.get(one.leaf.did)
    if (known) known.push(one)
    else byEvent.set(one.leaf.did, [one])
  }
  return { leaves, events: [...byEvent].map(([name, some]) => ({ name, leaves: some })) }
}

const scan = (number: number, rows: Sql): Sql => sql`
  SELECT toInt32(${typed('Int32', number)}) AS scan, r.customer_id AS customer_id, r.leaves AS leaves FROM (${rows}) AS r`

/** Who is a customer (scan 0), and leaves asked by themselves (scan -1). */
function holdingSql(plan: Plan, context: RuleContext): Sql {
  const everyone = sql`
    SELECT u.customer_id AS customer_id, []::Array(UInt32) AS leaves FROM (${universeSql(context.scope, context)}) AS u`
  const others = plan.leaves.filter((one) => !isEventLeaf(one) && !isTagLeaf(one))
  const scans = [scan(0, everyone), ...others.map((one) => scan(-1, otherScan(one, context)))]
  return joinSql(scans, sql` UNION ALL `)
}

/** The messages, and what the engine says of customers who have too many of them. */
async function readEvents(
  ch: ClickHouse,
  plan: Plan,
  context: RuleContext,
  ids: readonly number[],
  { limits, ...options }: AmongOptions,
): Promise<EventReads> {
  const reads: EventReads = { readings: [], alone: [] }
  for (let from = 0; from < ids.length; from += mostAtOnce) {
    const some = ids.slice(from, from + mostAtOnce)
    const asked = limits ? { ...options, limits } : options
    const { readings, tooMany } = await readEventRows(ch, plan.events, context, some, asked)
    reads.readings.push(...readings)
    for (const one of tooMany) {
      const rows = scan(
        plan.events.indexOf(one.group) + 1,
        eventScan(one.group.leaves, askedAlone(context, one)),
      )
      reads.alone.push(...(await ch.query<HoldingRow>(rows, options)))
    }
  }
  return reads
}

/** Reads what the leaves need to know of the customers in `among`: all events and all tags once. */
async function readLeaves(
  ch: ClickHouse,
  plan: Plan,
  context: RuleContext,
  ids: readonly number[],
  { limits, ...options }: AmongOptions,
): Promise<Read> {
  const keys = [...new Set(plan.leaves.filter(isTagLeaf).map(({ leaf }) => leaf.tag))]
  const ofTags = tagScans(keys, context)
  const [holding, tags, events] = await Promise.all([
    ch.query<HoldingRow>(holdingSql(plan, context), options),
    ofTags.length > 0 ? ch.query<TagRow>(joinSql(ofTags, sql` UNION ALL `), options) : [],
    readEvents(ch, plan, context, ids, limits ? { ...options, limits } : options),
  ])
  return { holding, tags, ...events }
}

/** The leaves about events and those asked by themselves, and who is a customer. */
function holdingBits(
  reads: readonly Read[],
  plan: Plan,
  places: ReadonlyMap<number, number>,
  context: RuleContext,
) {
  const everyone = emptyBits(places.size)
  const leaves = plan.leaves.map((one) => {
    const isAtZero = isEventLeaf(one) && holdsWithoutEvents(one.leaf)
    return isAtZero ? emptyBits(places.size).fill(0xffffffff) : emptyBits(places.size)
  })
  for (const { group, rows } of reads.flatMap((read) => read.readings)) {
    const own = [...new Set(rows.ids)].flatMap((id) => places.get(id) ?? [])
    for (const { index } of group.leaves) for (const place of own) clearBit(leaves[index]!, place)
    answerLeaves(rows, group.leaves, context, (index, id) => {
      const place = places.get(id)
      if (place !== undefined) setBit(leaves[index]!, place)
    })
  }
  for (const row of reads.flatMap((read) => [...read.holding, ...read.alone])) {
    const place = places.get(row.customer_id)
    if (place === undefined) continue
    if (row.scan === 0) setBit(everyone, place)
    for (const { index } of plan.events[row.scan - 1]?.leaves ?? []) clearBit(leaves[index]!, place)
    for (const index of row.leaves) setBit(leaves[index]!, place)
  }
  return { everyone, leaves }
}

/** Adds the leaves about tags, by the very comparison that says what a rule means. */
function addTagBits(
  rows: readonly TagRow[],
  plan: Plan,
  places: ReadonlyMap<number, number>,
  leaves: readonly Bits[],
): void {
  const values = valuesOf(rows)
  for (const { leaf, index } of plan.leaves.filter(isTagLeaf)) {
    const holds = new Map<string, boolean>()
    for (const [id, value] of values.get(leaf.tag) ?? []) {
      const known = holds.get(value) ?? compareText(value, leaf)
      holds.set(value, known)
      const place = places.get(id)
      if (known && place !== undefined) setBit(leaves[index]!, place)
    }
  }
}

/** Which of the customers each of many rules holds for, in the order of the forest's roots. */
export async function membersAmong(
  ch: ClickHouse,
  forest: RuleForest,
  context: RuleContext,
  customerIds: readonly number[],
  options: AmongOptions = {},
): Promise<number[][]> {
  const plan = planOf(forest)
  const ids = [...new Set(customerIds)].sort((one, other) => one - other)
  const among = sql`SELECT arrayJoin(${typed('Array(UInt32)', ids)}) AS customer_id`
  const asked: RuleContext = { ...context, among }
  const reads = await ch.onEachShard((shard) => readLeaves(shard, plan, asked, ids, options))
  const places = new Map(ids.map((id, place) => [id, place]))
  const { everyone, leaves } = holdingBits(reads, plan, places, asked)
  const tags = reads.flatMap((read) => read.tags)
  addTagBits(tags, plan, places, leaves)
  const nodes = combineBits(forest.nodes, leaves, everyone)
  return forest.roots.map((root) =>
    ids.filter((_id, place) => hasBit(nodes[root] ?? everyone, place) && hasBit(everyone, place)),
  )
}
