import type { CustomerUniverse } from '#features/customers/server/index.ts'
import type { TopLimit } from '#features/rules/common/evaluate-rule.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** What a rule needs to know of a tag: which refresh counts, whether its values stand as bitmaps, whether some changed since. */
export type TagState = { type: string; refreshId: number | null; hasBitmaps: boolean; hasRecent: boolean }

/** Everything a rule means beside its own text. */
export type RuleContext = {
  now: Date
  timeZone: string
  scope: OrgScope
  tags: ReadonlyMap<string, TagState>
  segments: ReadonlyMap<string, Rule>
  /** The version of each list that counts; 0: never filled. */
  lists: ReadonlyMap<string, number>
  /** Org units of the subtrees by the code of their root. */
  orgs: ReadonlyMap<string, readonly number[]>
  /** Limits of the tops, by `topKey`; see resolve-tops.ts. */
  tops: ReadonlyMap<string, TopLimit>
  chunkBits: number
  /** The bitmaps of customers; without them their rows are read. */
  universe?: CustomerUniverse | undefined
  /** Rows (customer_id): only these customers are asked about. */
  among?: Sql | undefined
}

/** A condition that keeps the customers asked about. */
export const isAmong = (column: Sql, { among }: Pick<RuleContext, 'among'>): Sql =>
  among ? sql`${column} IN (${among})` : sql`1`

/** Ids are kept in bitmaps by chunks of 2^chunkBits, as tables hold them and shards are given them. */
export const chunkOf = (column: Sql, { chunkBits }: Pick<RuleContext, 'chunkBits'>): Sql =>
  sql`bitShiftRight(${column}, ${typed('UInt8', chunkBits)})`

/** Rows (customer_id) as bitmaps (chunk, members). */
export const bitmapsOf = (customers: Sql, context: Pick<RuleContext, 'chunkBits'>): Sql => sql`
  SELECT ${chunkOf(sql`i.customer_id`, context)} AS chunk, groupBitmapState(i.customer_id) AS members
  FROM (${customers}) AS i GROUP BY chunk`
