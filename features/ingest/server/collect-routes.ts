import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { IngestAnswer, SegmentBatch, SegmentMessage } from '#features/ingest/common/ingest.ts'
import { fieldError, ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { Collector } from '#features/ingest/server/collector.ts'
import type { IngestCounters } from '#features/ingest/server/ingest-counters.ts'
import { type MessageType, messageTypes } from '#features/ingest/server/normalise-segment.ts'
import { mostBodyBytes, readBody } from '#features/ingest/server/read-body.ts'
import { keyOfHeader, type WriteKey, type WriteKeys } from '#features/ingest/server/write-keys.ts'
import { AppError } from '#platform/common/errors.ts'
import { Problem } from '#platform/common/http.ts'
import { httpError } from '#platform/common/http-errors.ts'

const mostMessages = 10_000

/** What collecting over HTTP needs; a process without engines has no more than this. */
export type CollectParts = { collector: Collector; keys: WriteKeys; counters: IngestCounters }

const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding, x-customer-token',
  'access-control-max-age': '86400',
}

const batchOf = (body: Record<string, unknown>): unknown[] => {
  const refuse = (code: 'FIELD_TYPE' | 'FIELD_MISSING' | 'KEY_FORBIDDEN', path: string, detail: string) =>
    ingestError(code, { detail: `${path}: ${detail}` }, [{ path, code, message: detail }])
  if (Object.hasOwn(body, '__proto__')) throw refuse('KEY_FORBIDDEN', '__proto__', 'this key is not allowed')
  const { batch } = body
  if (batch === undefined) throw refuse('FIELD_MISSING', 'batch', 'batch is missing')
  if (!Array.isArray(batch)) throw refuse('FIELD_TYPE', 'batch', 'batch must be an array of messages')
  if (batch.length > mostMessages)
    throw ingestError('BATCH_TOO_LONG', { limit: mostMessages }, [
      { path: 'batch', code: 'BATCH_TOO_LONG', message: `at most ${mostMessages} messages` },
    ])
  return batch
}

/**
 * Collects a body, at most as much as we take; a larger one becomes the error that answers it. That answer goes out at
 * once, and what still comes is read past: an error given to `done` would make the framework cut the connection, and a
 * client that is still sending would never see the answer.
 */
function readRaw(
  request: FastifyRequest,
  payload: IncomingMessage,
  done: (error: null, body: Buffer | AppError) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  const end = (error: AppError | null) => {
    payload.removeAllListeners('data').removeAllListeners('end')
    payload.resume()
    done(null, error ?? Buffer.concat(chunks))
  }
  if (Number(request.headers['content-length']) > mostBodyBytes) {
    end(httpError('BODY_TOO_LARGE', {}))
    return
  }
  payload.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > mostBodyBytes) end(httpError('BODY_TOO_LARGE', {}))
    else chunks.push(chunk)
  })
  payload.once('end', () => end(null))
  payload.once('error', () => end(httpError('REQUEST_INVALID', {})))
}

const answerOfOne = JSON.stringify({ accepted: 1, rejected: [] } satisfies IngestAnswer)

/** Registers `/v1/track` and its like. Bodies are read here, raw, so that each kind of broken one gets its own answer. */
export function registerCollectRoutes(
  app: FastifyInstance,
  { ingest: deps }: { ingest: CollectParts },
): void {
  const keyOfRequest = new WeakMap<FastifyRequest, WriteKey>()

  // A key in the header is checked before the body is read: whoever has none can't make us read 5 MB.
  async function checkHeader(request: FastifyRequest): Promise<void> {
    const key = keyOfHeader(request.headers.authorization)
    if (key) keyOfRequest.set(request, await deps.keys.get(key))
  }

  async function open(request: FastifyRequest) {
    if (request.body instanceof AppError) throw request.body
    const body = await readBody(request.body, request.headers['content-encoding'])
    const known = keyOfRequest.get(request)
    if (known) return { body, key: known }
    const { writeKey } = body
    if (typeof writeKey !== 'string' || writeKey === '') throw ingestError('WRITE_KEY_MISSING', {})
    return { body, key: await deps.keys.get(writeKey) }
  }

  async function takeOne(request: FastifyRequest, type: MessageType): Promise<string> {
    const { body, key } = await open(request)
    const problem = await deps.collector.takeOne(key, body, type)
    if (!problem) return answerOfOne
    throw ingestError(
      problem.code,
      { detail: problem.path ? `${problem.path}: ${problem.detail}` : problem.detail },
      [fieldError(problem)],
    )
  }

  async function takeBatch(request: FastifyRequest): Promise<string> {
    const { body, key } = await open(request)
    return JSON.stringify(await deps.collector.takeBatch(key, batchOf(body)))
  }

  /** What never became a message is counted here; messages are counted where they are read. */
  const counted = (error: unknown): unknown => {
    const isOfMessage = error instanceof AppError && error.errors[0] && error.errors[0].path !== 'body'
    if (error instanceof AppError && !isOfMessage) deps.counters.reject(error.code)
    return error
  }

  const answering =
    (take: (request: FastifyRequest) => Promise<string>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const answer = await take(request)
      return reply.header('content-type', 'application/json; charset=utf-8').send(answer)
    }

  // Also other features answer browsers under /v1/, and errors need the headers as well.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/v1/'))
      reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'retry-after')
    done()
  })
  app.options(
    '/v1/*',
    { config: { permission: 'public' }, schema: { hide: true } },
    async (_request, reply) => reply.status(204).headers(preflightHeaders).send(),
  )
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', readRaw)
    scope.addHook('onRequest', checkHeader)
    scope.addHook('onError', async (_request, _reply, error) => void counted(error))
    const route = (
      path: string,
      operationId: string,
      body: z.ZodType,
      take: (r: FastifyRequest) => Promise<string>,
    ) =>
      scope.post(
        path,
        {
          config: { permission: 'writeKey' },
          // The schema describes; what is wrong is said per field and per message by the collector.
          validatorCompiler: () => (value: unknown) => ({ value }),
          schema: {
            operationId,
            tags: ['ingest'],
            security: [{ writeKey: [] }],
            body,
            response: { 200: IngestAnswer, 400: Problem, 401: Problem, 413: Problem, 503: Problem },
          },
        },
        answering(take),
      )
    for (const type of messageTypes)
      route(`/v1/${type}`, `${type}Event`, SegmentMessage, (request) => takeOne(request, type))
    route('/v1/batch', 'takeBatch', SegmentBatch, takeBatch)
  })
}
