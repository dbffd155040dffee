import {
  CompareRequest,
  Comparison,
  Overlap,
  OverlapRequest,
} from '#features/segments/common/segment-analysis.ts'
import type { Segments } from '#features/segments/server/segments.ts'
import { JobAccepted } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['segments']

/** Sets of customers looked at together: how they overlap, how their tags differ. */
export function registerAnalysisRoutes(http: Http, { segments }: { segments: Segments }): void {
  http.post(
    '/api/segments/overlap',
    {
      config: { permission: 'segment.read', isRead: true },
      schema: { operationId: 'overlapSegments', tags, body: OverlapRequest, response: { 200: Overlap } },
    },
    async (request) =>
      segments.overlap(
        request.scope,
        request.body.rules ?? (request.body.segments ?? []).map((segment) => ({ segment })),
      ),
  )
  http.post(
    '/api/segments/compare',
    {
      config: { permission: 'segment.read', isRead: true },
      schema: {
        operationId: 'compareSegments',
        tags,
        body: CompareRequest,
        response: { 200: Comparison, 202: JobAccepted },
      },
    },
    async (request, reply) => {
      const answer = await segments.compare(request.caller, request.scope, request.body)
      return 'jobId' in answer ? reply.status(202).send(answer) : reply.status(200).send(answer.comparison)
    },
  )
}
