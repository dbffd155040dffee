import { z } from 'zod'
import { Job } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'
import type { Jobs } from '#platform/server/jobs.ts'

export function registerJobRoutes(http: Http, deps: { jobs: Jobs }): void {
  http.get(
    '/api/jobs/:jobId',
    {
      config: { permission: 'self' },
      schema: {
        operationId: 'getJob',
        tags: ['jobs'],
        params: z.object({ jobId: z.uuid() }),
        querystring: z.object({ wait: z.coerce.number().min(0).max(60).default(0) }),
        response: { 200: Job },
      },
    },
    async (request) => deps.jobs.wait(request.params.jobId, request.query.wait),
  )
}
