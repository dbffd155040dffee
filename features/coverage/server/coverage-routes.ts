import { z } from 'zod'
import { Coverage, CoverageQuery } from '#features/coverage/common/coverage.ts'
import type { InsightFeature } from '#features/insight/server/index.ts'
import { Key } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

const Query = z.object({ lifecycle: Key.optional(), orgLevel: CoverageQuery.shape.orgLevel })

/** The report with nothing asked; `POST /api/insight/coverage` takes questions and leads to the customers. */
export function registerCoverageRoutes(
  http: Http,
  { insight }: { insight: Pick<InsightFeature, 'run'> },
): void {
  http.get(
    '/api/coverage',
    {
      config: { permission: 'insight.read' },
      schema: {
        operationId: 'getCoverage',
        tags: ['coverage'],
        querystring: Query,
        response: { 200: Coverage },
      },
    },
    async ({ caller, scope, query }) =>
      (await insight.run({ caller, scope }, 'coverage', CoverageQuery.parse(query))) as z.input<
        typeof Coverage
      >,
  )
}
