import { compareText } from '#features/rules/common/compare.ts'
import {
  type Bits,
  clearBit,
  combineBits,
  emptyBits,
  hasBit,
  setBit,
} from '#features/rules/server/customer-bits.ts'
import {
  type EventLeaf,
  eventColumn,
  eventScan,
  isEventLeaf,
  isTagLeaf,
  type Numbered,
  otherScan,
  type TagRow,
  tagScans,
  valuesOf,
} from '#features/rules/server/leaf-scans.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import type { RuleForest } from '#features/rules/server/rule-tree.ts'
import { universeSql } from '#features/rules/server/universe.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'

/** `scan`: 0 says who is a customer, 1 … are the events in order, -1 is a leaf asked by itself. */
type HoldingRow = { scan: number; customer_id: number; leaves: number[] }
type Read = { holding: HoldingRow[]; tags: TagRow[] }
type Plan = { leaves: readonly Numbered[]; events: readonly (readonly Numbered<EventLeaf>[])[] }

const planOf = (forest: RuleForest): Plan => {
  const leaves: Numbered[] = forest.leaves.map((one, index) => ({ ...one, index }))
  const byEvent = new Map<string, Numbered<EventLeaf>[]>()
  for (const one of leaves.filter(isEventLeaf)) {
    const known = byEvent.get(one.leaf.did)
    if (known) known.push(one)
    else byEvent.set(one.leaf.did, [one])
  }
  return { leaves, events: [...byEvent.values()] }
}

const scan = (number: number, rows: Sql): Sql => sql`
  SELECT toInt32(${typed('Int32', number)}) AS scan, r.customer_id AS customer_id, r.leaves AS leaves FROM (${rows}) AS r`

/** Reads what the leaves need to know of the customers in `among`: each event and all tags once. */
async function readLeaves(
  ch: ClickHouse,
  plan: Plan,
  context: RuleContext,
  options: QueryOptions,
): Promise<Read> {
  const everyone = sql`
    SELECT u.customer_id AS customer_id, []::Array(UInt32) AS leaves FROM (${universeSql(context.scope, context)}) AS u`
  const others = plan.leaves.filter((one) => !isEventLeaf(one) && !isTagLeaf(one))
  const scans = [
    scan(0, everyone),
    ...plan.events.map((leaves, index) => scan(index + 1, eventScan(leaves, context))),
    ...others.map((one) => scan(-1, otherScan(one, context))),
  ]
  const keys = [...new Set(plan.leaves.filter(isTagLeaf).map(({ leaf }) => leaf.tag))]
  const ofTags = tagScans(keys, context)
  const [holding, tags] = await Promise.all([
    ch.query<HoldingRow>(joinSql(scans, sql` UNION ALL `), options),
    ofTags.length > 0 ? ch.query<TagRow>(joinSql(ofTags, sql` UNION ALL `), options) : [],
  ])
  return { holding, tags }
}

/** The leaves about events and those asked by themselves, and who is a customer. */
function holdingBits(
  rows: readonly HoldingRow[],
  plan: Plan,
  places: ReadonlyMap<number, number>,
  context: RuleContext,
) {
  const everyone = emptyBits(places.size)
  const leaves = plan.leaves.map((one) => {
    const isAtZero = isEventLeaf(one) && eventColumn(one.leaf, context).atZero
    return isAtZero ? emptyBits(places.size).fill(0xffffffff) : emptyBits(places.size)
  })
  for (const row of rows) {
    const place = places.get(row.customer_id)
    if (place === undefined) continue
    if (row.scan === 0) setBit(everyone, place)
    for (const { index } of plan.events[row.scan - 1] ?? []) clearBit(leaves[index]!, place)
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
  options: QueryOptions = {},
): Promise<number[][]> {
  const plan = planOf(forest)
  const ids = [...new Set(customerIds)].sort((one, other) => one - other)
  const among = sql`SELECT arrayJoin(${typed('Array(UInt32)', ids)}) AS customer_id`
  const asked: RuleContext = { ...context, among }
  const reads = await ch.onEachShard((shard) => readLeaves(shard, plan, asked, options))
  const places = new Map(ids.map((id, place) => [id, place]))
  const { everyone, leaves } = holdingBits(
    reads.flatMap((read) => read.holding),
    plan,
    places,
    asked,
  )
  const tags = reads.flatMap((read) => read.tags)
  addTagBits(tags, plan, places, leaves)
  const nodes = combineBits(forest.nodes, leaves, everyone)
  return forest.roots.map((root) =>
    ids.filter((_id, place) => hasBit(nodes[root] ?? everyone, place) && hasBit(everyone, place)),
  )
}
