import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import {
  BulkRejects,
  RejectDetail,
  RejectFilter,
  RejectPage,
  RejectQuery,
  RejectReason,
  RejectSummary,
  ReplayAnswer,
  ReplayReject,
} from '#features/ingest/common/reject.ts'
import type { IngestOperations } from '#features/ingest/server/ingest-operations.ts'
import { JobAccepted } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['ingest']
const params = z.object({ rejectId: z.uuid() })

/** A message lies under no org unit: who sees one sees anybody's. */
export const checkHeadOffice = (request: FastifyRequest): void => {
  if (!request.scope.everyone) throw ingestError('HEAD_OFFICE_ONLY', {})
}

/** Registers what was refused: lists without the messages, one with its message, mending and sending again. */
export function registerRejectRoutes(http: Http, { rejects, bulk }: IngestOperations): void {
  http.get(
    '/api/rejects',
    {
      config: { permission: 'source.read' },
      schema: { operationId: 'listRejects', tags, querystring: RejectQuery, response: { 200: RejectPage } },
    },
    async (request) => rejects.list(request.query),
  )
  http.get(
    '/api/rejects/summary',
    {
      config: { permission: 'source.read' },
      schema: {
        operationId: 'summariseRejects',
        tags,
        querystring: RejectFilter,
        response: { 200: RejectSummary },
      },
    },
    async (request) => rejects.summary(request.query),
  )
  http.get(
    '/api/rejects/:rejectId',
    {
      config: { permission: 'reject.read' },
      schema: { operationId: 'getReject', tags, params, response: { 200: RejectDetail } },
    },
    async (request) => {
      checkHeadOffice(request)
      return rejects.get(request.params.rejectId)
    },
  )
  http.post(
    '/api/rejects/:rejectId/replay',
    {
      config: { permission: 'reject.write' },
      schema: {
        operationId: 'replayReject',
        tags,
        params,
        body: ReplayReject,
        response: { 200: ReplayAnswer },
      },
    },
    async (request) => {
      checkHeadOffice(request)
      return rejects.replay(request.caller.username, request.params.rejectId, request.body.message)
    },
  )
  for (const action of ['dismiss', 'reopen'] as const)
    http.post(
      `/api/rejects/:rejectId/${action}`,
      {
        config: { permission: 'reject.write' },
        schema: {
          operationId: `${action}Reject`,
          tags,
          params,
          body: RejectReason,
          response: { 200: RejectDetail },
        },
      },
      async (request) => {
        checkHeadOffice(request)
        await rejects[action](request.caller.username, request.params.rejectId, request.body.reason)
        return rejects.get(request.params.rejectId)
      },
    )
  for (const action of ['replay', 'dismiss'] as const)
    http.post(
      `/api/rejects/${action}`,
      {
        config: { permission: 'reject.write' },
        schema: {
          operationId: `${action}Rejects`,
          tags,
          body: BulkRejects,
          response: { 202: JobAccepted },
        },
      },
      async (request, reply) => {
        checkHeadOffice(request)
        return reply
          .status(202)
          .send({ jobId: await bulk.start(request.caller.username, action, request.body) })
      },
    )
}
