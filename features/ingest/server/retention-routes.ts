import { z } from 'zod'
import { ChangeRetention, PurgeNow, Retention, retentionClasses } from '#features/ingest/common/retention.ts'
import type { IngestOperations } from '#features/ingest/server/ingest-operations.ts'
import { JobAccepted } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['ingest']
const params = z.object({ class: z.enum(retentionClasses) })

/** Registers how long data is kept, what a purge would remove, and purging now. */
export function registerRetentionRoutes(http: Http, { retention }: IngestOperations): void {
  http.get(
    '/api/retention',
    {
      config: { permission: 'system.read' },
      schema: { operationId: 'getRetention', tags, response: { 200: Retention } },
    },
    async () => retention.list(),
  )
  http.put(
    '/api/retention/:class',
    {
      config: { permission: 'system.write' },
      schema: {
        operationId: 'changeRetention',
        tags,
        params,
        body: ChangeRetention,
        response: { 200: Retention },
      },
    },
    async (request) => {
      await retention.change(request.caller.username, request.params.class, request.body)
      return retention.list()
    },
  )
  http.post(
    '/api/retention/:class/purge',
    {
      config: { permission: 'system.write' },
      schema: { operationId: 'purgeNow', tags, params, body: PurgeNow, response: { 202: JobAccepted } },
    },
    async (request, reply) => {
      const { caller, params: named, body } = request
      return reply
        .status(202)
        .send({ jobId: await retention.purgeNow(caller.username, named.class, body.reason) })
    },
  )
}
