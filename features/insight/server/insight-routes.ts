import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { CellCustomers, KeptCell } from '#features/insight/common/frame.ts'
import type { AnyAnalysis } from '#features/insight/server/analysis.ts'
import { registerDashboardRoutes } from '#features/insight/server/dashboard-routes.ts'
import type { InsightFeature } from '#features/insight/server/insight.ts'
import type { Insight } from '#features/insight/server/insight-service.ts'
import { Key, PageQuery } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['insight']

/** Ends the engine's work when the person leaves. */
function signalOf(reply: FastifyReply): AbortSignal {
  const abort = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) abort.abort()
  })
  return abort.signal
}

/** The HTTP API: of every analysis defined so far its answer, the customers of a number, and keeping those; dashboards. */
export function registerInsightRoutes(http: Http, { insight }: { insight: InsightFeature }): void {
  for (const analysis of insight.analyses()) registerAnalysis(http, insight.insight, analysis)
  registerDashboardRoutes(http, insight)
}

function registerAnalysis(http: Http, insight: Insight, analysis: AnyAnalysis): void {
  const { kind, operation, query, cell, answer } = analysis
  const path = `/api/insight/${kind}`
  http.post(
    path,
    {
      config: { permission: 'insight.read', isRead: true },
      schema: { operationId: `run${operation}`, tags, body: query, response: { 200: answer } },
    },
    async ({ caller, scope, body }, reply) =>
      insight.run({ caller, scope, signal: signalOf(reply) }, kind, body),
  )
  const CellRequest = z.strictObject({ query, cell, ...PageQuery.shape })
  http.post(
    `${path}/customers`,
    {
      config: { permission: 'insight.read', isRead: true },
      schema: {
        operationId: `list${operation}Customers`,
        tags,
        body: CellRequest,
        response: { 200: CellCustomers },
      },
    },
    async ({ caller, scope, body }, reply) =>
      insight.cellCustomers({ caller, scope, signal: signalOf(reply) }, kind, body),
  )
  const KeepRequest = z.strictObject({
    query,
    cell,
    key: Key,
    name: z.string().trim().min(1).max(200),
    description: z.string().max(2000).default(''),
    /** best: a live rule where one counts the same customers, else a list; list: these customers, for good. */
    as: z.enum(['best', 'list']).default('best'),
  })
  http.post(
    `${path}/segment`,
    {
      config: { permission: 'segment.write' },
      schema: { operationId: `keep${operation}Cell`, tags, body: KeepRequest, response: { 201: KeptCell } },
    },
    async ({ caller, body }, reply) => {
      // Whoever may keep customers keeps at most those of both permissions.
      const asker = { caller, scope: caller.scopeOf('insight.read') }
      return reply.status(201).send(await insight.keepCell(asker, kind, body))
    },
  )
}
