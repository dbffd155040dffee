import type { Rules } from '#features/rules/server/index.ts'
import type { TagType } from '#features/tags/common/tag-source.ts'
import type { ComputedTag, TagTime } from '#features/tags/server/tag-item.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** What a customer's value is made of, and so what may change it. */
export type TagInputs = {
  events: string[]
  tags: string[]
  segments: string[]
  /** Values change as time passes, though nothing happens. */
  movesWithTime: boolean
  reads: ('attribute' | 'balance' | 'holding' | 'list')[]
  /** Another customer's rows may change a customer's value (ranks, any SQL): only all can be computed anew. */
  dependsOnOthers: boolean
}

/** What kinds need to give their SQL. */
export type KindContext = {
  pg: PgRunner
  ch: ClickHouse
  rules: Rules
  time: TagTime
  /** Rows (customer_id) to limit reads to. */
  among?: Sql
}

/** How tags of one kind of source are computed. */
export type TagKind<S> = {
  /** Tags with the same text share a scan. */
  group(source: S): string
  /** Values of tags of one group, as rows (customer_id, item) of tag-item.ts. */
  items(tags: readonly ComputedTag<S>[], context: KindContext): Promise<Sql>
  inputs(source: S): TagInputs
  /** Tags the source uses without naming them itself. */
  tagsOf?(source: S, context: Pick<KindContext, 'pg'>): Promise<string[]>
  /** Whether rows may say something that is no value of the type, so that counting those is worth a scan. */
  mayMiss(source: S, type: TagType): boolean
  /** Refuses a source that names what is not there or cannot be used. */
  check?(source: S, type: TagType, context: KindContext): Promise<void>
}

export const noInputs: TagInputs = {
  events: [],
  tags: [],
  segments: [],
  movesWithTime: false,
  reads: [],
  dependsOnOthers: false,
}
