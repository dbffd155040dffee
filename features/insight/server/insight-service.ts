import type { z } from 'zod'
import type { Customers } from '#features/customers/server/index.ts'
import type { CellCustomers, KeptCell } from '#features/insight/common/frame.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import {
  type Analysis,
  type AnyAnalysis,
  eraseAnalysis,
  type InsightContext,
} from '#features/insight/server/analysis.ts'
import { ask, insightLimits } from '#features/insight/server/ask.ts'
import type { Lists } from '#features/lists/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { Segments } from '#features/segments/server/index.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { decodeCursor, encodeCursor } from '#platform/server/page.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type InsightDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  rules: Rules
  customers: Pick<Customers, 'names'>
  segments: Pick<Segments, 'create'>
  lists: Pick<Lists, 'keep' | 'discard'>
}

/** Who asks, and until when they want to know. */
export type Asker = { caller: Caller; scope: OrgScope; signal?: AbortSignal | undefined }

export type KeepCell = { key: string; name: string; description: string; as: 'best' | 'list' }

export type Insight = ReturnType<typeof createInsight>

/** Runs analyses, lists the customers behind each of their numbers, and keeps those as segments. */
export function createInsight(deps: InsightDeps) {
  const { pg, ch, clock, timeZone, rules, customers, segments, lists } = deps
  const analyses = new Map<string, AnyAnalysis>()

  function find(kind: string): AnyAnalysis {
    const analysis = analyses.get(kind)
    if (!analysis) throw insightError('INSIGHT_ANALYSIS_UNKNOWN', { kind })
    return analysis
  }

  const contextOf = ({ caller, scope, signal }: Asker): InsightContext => ({
    ...{ scope, timeZone, pg, ch, rules, now: clock.now() },
    mayReadBalances: caller.permissions.has('balance.read'),
    options: { ...insightLimits, ...(signal ? { signal } : {}) },
  })

  async function countRows(context: InsightContext, rows: Sql): Promise<number> {
    const counted = await ask<{ n: string }>(
      context,
      sql`SELECT uniqExact(c.customer_id) AS n FROM (${rows}) AS c`,
    )
    return counted.reduce((sum, row) => sum + Number(row.n), 0)
  }

  async function pageOfRows(context: InsightContext, rows: Sql, after: number, limit: number) {
    const found = await ask<{ id: number }>(
      context,
      sql`SELECT DISTINCT c.customer_id AS id FROM (${rows}) AS c
        WHERE c.customer_id > ${typed('UInt32', after)} ORDER BY id LIMIT ${typed('UInt32', limit)}`,
    )
    return found.map((row) => row.id).sort((one, other) => one - other)
  }

  /** A page of the customers behind a number; the count is that of the first page. */
  async function cellCustomers(
    asker: Asker,
    kind: string,
    input: { query: unknown; cell: unknown; limit: number; cursor?: string | undefined },
  ): Promise<CellCustomers> {
    const context = contextOf(asker)
    const rows = await find(kind).customers(context, input.query, input.cell)
    const [after = 0, known] = (decodeCursor(input.cursor, 2) ?? []).map(Number)
    const ids = await pageOfRows(context, rows, after, input.limit + 1)
    const count = known ?? (ids.length <= input.limit ? ids.length : await countRows(context, rows))
    const page = ids.slice(0, input.limit)
    const names = await customers.names(asker.scope, page)
    const last = page.at(-1)
    return {
      items: page.flatMap((id) => names.get(id) ?? []),
      nextCursor: ids.length > input.limit && last !== undefined ? encodeCursor([last, count]) : null,
      count,
      asOf: context.now.toISOString(),
    }
  }

  /** A rule counts as saying the same only if it holds for exactly those customers. */
  async function saysTheSame(context: InsightContext, rule: Rule, rows: Sql, count: number) {
    const counted = await rules.count(context.scope, rule, { path: 'cell' }, context.options)
    if (counted.count !== count) return false
    const members = await rules.memberIdsSql(context.scope, rule)
    const both = sql`SELECT c.customer_id AS customer_id FROM (${rows}) AS c WHERE c.customer_id IN (${members})`
    return (await countRows(context, both)) === count
  }

  async function keepCell(
    asker: Asker,
    kind: string,
    input: { query: unknown; cell: unknown } & KeepCell,
  ): Promise<z.output<typeof KeptCell>> {
    const context = contextOf(asker)
    const analysis = find(kind)
    const rows = await analysis.customers(context, input.query, input.cell)
    const count = await countRows(context, rows)
    if (count === 0) throw insightError('INSIGHT_NOBODY', {})
    const { key, name, description } = input
    const rule = input.as === 'best' ? analysis.rule(input.query, input.cell) : undefined
    if (rule && (await saysTheSame(context, rule, rows, count))) {
      await segments.create(asker.caller, asker.scope, { key, name, description, rule })
      return { kind: 'rule', key, count }
    }
    const { caller, scope } = asker
    const kept = await lists.keep(caller, scope, { key, name, description }, rows, { analysis: kind })
    try {
      await segments.create(caller, scope, { key, name, description, rule: { list: key } })
    } catch (error) {
      await lists.discard(caller, key)
      throw error
    }
    return { kind: 'list', key, count: kept }
  }

  return {
    /** Another feature adds an analysis here; its routes and its cards come by themselves. */
    defineAnalysis<Q extends z.ZodType, A extends z.ZodType, C extends z.ZodType>(
      analysis: Analysis<Q, A, C>,
    ): void {
      analyses.set(analysis.kind, eraseAnalysis(analysis))
    },
    analyses: (): readonly AnyAnalysis[] => [...analyses.values()],
    find,
    run: (asker: Asker, kind: string, query: unknown) => find(kind).run(contextOf(asker), query),
    cellCustomers,
    keepCell,
  }
}
