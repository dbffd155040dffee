import type { z } from 'zod'
import type { AnswerFrame } from '#features/insight/common/frame.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What an analysis works with: whose customers, as of when, and how much it may use. */
export type InsightContext = {
  scope: OrgScope
  now: Date
  timeZone: string
  pg: Postgres
  ch: ClickHouse
  rules: Rules
  /** Whether the person may see tags of class C2 and balances. */
  mayReadBalances: boolean
  options: QueryOptions
}

/** One kind of analysis: its question, its answer, one of its numbers (a cell), and who stands behind that number. */
export type Analysis<
  Q extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
  C extends z.ZodType = z.ZodType,
> = {
  kind: string
  /** How the API description calls it: `runFunnel`. */
  operation: string
  query: Q
  answer: A
  cell: C
  run(context: InsightContext, query: z.output<Q>): Promise<z.input<A> & AnswerFrame>
  /** Rows (customer_id) of those a number counts, shard by shard; an id may come more than once. */
  customers(context: InsightContext, query: z.output<Q>, cell: z.output<C>): Promise<Sql>
  /** A rule that says the same; it is used only where it counts the same customers. */
  rule?(query: z.output<Q>, cell: z.output<C>): Rule | undefined
}

/** An analysis whose types only itself knows. */
export type AnyAnalysis = Omit<Analysis, 'run' | 'customers' | 'rule'> & {
  run(context: InsightContext, query: unknown): Promise<AnswerFrame>
  customers(context: InsightContext, query: unknown, cell: unknown): Promise<Sql>
  rule(query: unknown, cell: unknown): Rule | undefined
}

/** Forgets the types of an analysis: whoever calls it has parsed question and cell with its schemas. */
export function eraseAnalysis<Q extends z.ZodType, A extends z.ZodType, C extends z.ZodType>(
  analysis: Analysis<Q, A, C>,
): AnyAnalysis {
  const { kind, operation, query, answer, cell } = analysis
  return {
    ...{ kind, operation, query, answer, cell },
    run: (context, asked) => analysis.run(context, asked as z.output<Q>),
    customers: (context, asked, of) => analysis.customers(context, asked as z.output<Q>, of as z.output<C>),
    rule: (asked, of) => analysis.rule?.(asked as z.output<Q>, of as z.output<C>),
  }
}
