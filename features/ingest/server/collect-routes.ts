import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { IngestAnswer, SegmentBatch, SegmentMessage } from '#features/ingest/common/ingest.ts'
import { fieldError, ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { Collector } from '#features/ingest/server/collector.ts'
import { type MessageType, messageTypes } from '#features/ingest/server/normalise-segment.ts'
import { allowOrigin, answerPreflight } from '#features/ingest/server/protocols/cors.ts'
import {
  type Call,
  createDoor,
  type Door,
  type DoorDeps,
  mostMessages,
  readRaw,
} from '#features/ingest/server/protocols/door.ts'
import { registerProtocolRoutes } from '#features/ingest/server/protocols/protocol-routes.ts'
import { normaliseSegmentWire } from '#features/ingest/server/protocols/segment.ts'
import { objectBody, readJson } from '#features/ingest/server/read-body.ts'
import { keyOfHeader } from '#features/ingest/server/write-keys.ts'
import { AppError } from '#platform/common/errors.ts'
import { Problem } from '#platform/common/http.ts'

/** What collecting over HTTP needs; a process without engines has no more than this. */
export type CollectParts = DoorDeps & {
  collector: Pick<Collector, 'takeOne' | 'takeBatch'> & Partial<Pick<Collector, 'readPlain' | 'takePlain'>>
}

const refuse = (code: 'FIELD_TYPE' | 'FIELD_MISSING' | 'KEY_FORBIDDEN', path: string, detail: string) =>
  ingestError(code, { detail: `${path}: ${detail}` }, [{ path, code, message: detail }])

const batchOf = (body: Record<string, unknown>): unknown[] => {
  if (Object.hasOwn(body, '__proto__')) throw refuse('KEY_FORBIDDEN', '__proto__', 'this key is not allowed')
  const { batch } = body
  if (batch === undefined) throw refuse('FIELD_MISSING', 'batch', 'batch is missing')
  if (!Array.isArray(batch)) throw refuse('FIELD_TYPE', 'batch', 'batch must be an array of messages')
  if (batch.length > mostMessages)
    throw ingestError('BATCH_TOO_LONG', { limit: mostMessages }, [
      { path: 'batch', code: 'BATCH_TOO_LONG', message: `at most ${mostMessages} messages` },
    ])
  return batch.map(normaliseSegmentWire)
}

const answerOfOne = JSON.stringify({ accepted: 1, rejected: [] } satisfies IngestAnswer)

/** What Segment's browser client calls the same, under `/v1` or, where its host has no path, at the root. */
const letters: readonly (readonly [string, MessageType])[] = [
  ['t', 'track'],
  ['i', 'identify'],
  ['p', 'page'],
  ['s', 'screen'],
  ['g', 'group'],
  ['a', 'alias'],
]

async function takeOne(
  deps: CollectParts,
  door: Door,
  request: FastifyRequest,
  type: MessageType,
): Promise<string> {
  const call = door.callOf(request)
  const body = objectBody(readJson(await call.bytes()))
  const key = await call.key(body.writeKey)
  deps.limits?.take(key, 1, 0)
  const problem = await deps.collector.takeOne(
    key,
    normaliseSegmentWire(type === 'identify' ? { ...body, type } : body),
    type,
  )
  if (!problem) return answerOfOne
  const { code, path } = problem
  const details = {
    detail: path ? `${path}: ${problem.detail}` : problem.detail,
    ...(code === 'CUSTOMER_RATE_LIMITED' && { retryAfterSeconds: 1 }),
  }
  throw ingestError(code, details, [fieldError(problem)])
}

/** Where most messages of a body are plain, their bytes become rows as they lie. */
async function takeWhereItLies(deps: CollectParts, call: Call, bytes: Buffer): Promise<string | undefined> {
  const { readPlain, takePlain } = deps.collector
  if (!call.isKeyKnown() || !readPlain || !takePlain) return undefined
  const key = await call.key()
  const plain = readPlain(key, bytes)
  if (!plain || plain.total > mostMessages) return undefined
  deps.limits?.take(key, plain.total, 0)
  const answer = takePlain(key, plain)
  return plain.others.length > 0 ? JSON.stringify(await answer) : acceptedAll((await answer).accepted)
}

const acceptedAll = (accepted: number): string => `{"accepted":${accepted},"rejected":[]}`

async function takeBatch(deps: CollectParts, door: Door, request: FastifyRequest): Promise<string> {
  const call = door.callOf(request)
  const bytes = await call.bytes()
  const taken = await takeWhereItLies(deps, call, bytes)
  if (taken !== undefined) return taken
  const body = objectBody(readJson(bytes))
  const key = await call.key(body.writeKey)
  const batch = batchOf(body)
  deps.limits?.take(key, batch.length, 0)
  return JSON.stringify(await deps.collector.takeBatch(key, batch, { sentAt: body.sentAt }))
}

type Take = (request: FastifyRequest) => Promise<string>

const answering =
  (take: Take) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = await take(request)
    return reply.header('content-type', 'application/json; charset=utf-8').send(answer)
  }

function registerNative(scope: FastifyInstance, deps: CollectParts, door: Door): void {
  const common = {
    config: { permission: 'writeKey' as const },
    // Without a promise where none is needed: single events come by the ten thousand.
    onRequest(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) {
      let checking: void | Promise<void>
      try {
        checking = door.checkKey(request, keyOfHeader(request.headers.authorization))
      } catch (error) {
        done(error as Error)
        return
      }
      if (checking) checking.then(() => done(), done)
      else done()
    },
  }
  const route = (path: string, operationId: string, body: z.ZodType, take: Take) =>
    scope.post(
      path,
      {
        ...common,
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
  const alias = (url: string, take: Take) => {
    scope.post(url, { ...common, schema: { hide: true } }, answering(take))
    answerPreflight(scope, url)
  }
  const batch: Take = (request) => takeBatch(deps, door, request)
  for (const type of messageTypes)
    route(`/v1/${type}`, `${type}Event`, SegmentMessage, (request) => takeOne(deps, door, request, type))
  route('/v1/batch', 'takeBatch', SegmentBatch, batch)
  for (const [letter, type] of letters)
    for (const url of [`/v1/${letter}`, `/${letter}`])
      alias(url, (request) => takeOne(deps, door, request, type))
  for (const url of ['/v1/b', '/b']) alias(url, batch)
}

/** Registers `/v1/track` and its like. Bodies are read here, raw, so that each kind of broken one gets its own answer. */
export function registerCollectRoutes(
  app: FastifyInstance,
  { ingest: deps }: { ingest: CollectParts },
): void {
  /** What never became a message is counted here; messages are counted where they are read. */
  const count = (error: unknown): void => {
    const isOfMessage = error instanceof AppError && error.errors[0] && error.errors[0].path !== 'body'
    if (error instanceof AppError && !isOfMessage) deps.counters.reject(error.code)
  }

  // Also other features answer browsers under /v1/, and errors need the headers as well.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/v1/')) allowOrigin(request, reply)
    done()
  })
  answerPreflight(app, '/v1/*')
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', readRaw)
    scope.addHook('onRequest', (request, reply, done) => {
      allowOrigin(request, reply)
      done()
    })
    scope.addHook('onError', async (_request, _reply, error) => count(error))
    const door = createDoor(scope, deps)
    registerNative(scope, deps, door)
    registerProtocolRoutes(door)
  })
}
