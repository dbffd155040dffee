import { bitmapsOf, type RuleContext } from '#features/rules/server/rule-context.ts'
import type { Sql } from '#platform/common/sql.ts'

/**
 * What a leaf stands on. Base and what changed since are bitmaps by chunk; members are the base without those touched, and
 * those hit. With `isComplement` the leaf holds for everyone else.
 */
export type LeafSql = {
  /** Scans of rows (chunk, members): the base. */
  base: readonly Sql[]
  /** Scans of rows (chunk, members): who changed since, and of those who is in. */
  overlay?: { touched: Sql; hit: Sql }
  /** A tag's leaf, which is read together with those of other tags. */
  tag?: TagSql
  isComplement: boolean
}

/** Conditions on rows of tag_bitmap, if the base stands there, and of tag_recent, if any changed; both with the alias v. */
export type TagSql = { key: string; refreshId: number; bitmaps?: Sql; recent?: Sql }

/** A leaf over rows (customer_id). */
export const leafOf = (customers: Sql, context: RuleContext, isComplement = false): LeafSql => ({
  base: [bitmapsOf(customers, context)],
  isComplement,
})
