import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IngestAnswer } from '#features/ingest/common/ingest.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { IngestCounters } from '#features/ingest/server/ingest-counters.ts'
import type { Limits } from '#features/ingest/server/limit-rate.ts'
import { answerPreflight } from '#features/ingest/server/protocols/cors.ts'
import { inflateBody, mostBodyBytes } from '#features/ingest/server/read-body.ts'
import { keyOfHeader, type WriteKey, type WriteKeys } from '#features/ingest/server/write-keys.ts'
import { AppError } from '#platform/common/errors.ts'
import { httpError } from '#platform/common/http-errors.ts'

/** Most messages of one request. */
export const mostMessages = 10_000
const longestKey = 200

export type TakeOptions = { sentAt?: unknown; protocol?: string }

/** What is behind the door: the collector, or the road of a process that only forwards. */
export type Taker = {
  takeBatch(key: WriteKey, messages: readonly unknown[], options?: TakeOptions): Promise<IngestAnswer>
}
export type DoorDeps = {
  collector: Taker
  keys: WriteKeys
  counters: IngestCounters
  /** What one key may do at most; without them all may do everything. */
  limits?: Pick<Limits, 'enter' | 'take'>
}

/** What a protocol's handler answers with. */
export type Answer = { body: string | Buffer; type?: string; status?: number }
export const jsonType = 'application/json; charset=utf-8'
export const json = (value: unknown): Answer => ({ body: JSON.stringify(value), type: jsonType })

/** A transparent picture of one pixel, for clients that send by asking for one. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
export const pixelAnswer: Answer = { body: pixel, type: 'image/gif' }

export type ProtocolRoute = {
  method: 'GET' | 'POST'
  urls: readonly string[]
  /** Where the key may stand outside of the body; the authorization header is looked at first. */
  keyOf?: (request: FastifyRequest) => string | undefined
  handle: (call: Call) => Promise<Answer>
  /** Changes the answer to what makes this protocol's clients keep or drop what they sent. */
  refuse?: (error: AppError) => AppError
}

/** One request that came in. */
export type Call = {
  request: FastifyRequest
  /** The body, unpacked. */
  bytes(): Promise<Buffer>
  /** Whether the key stood outside of the body. */
  isKeyKnown(): boolean
  /** The source's key; `inBody` where the protocol has it there. */
  key(inBody?: unknown): Promise<WriteKey>
}

/**
 * Collects a body, at most as much as we take; a larger one becomes the error that answers it. That answer goes out at
 * once, and what still comes is read past: an error given to `done` would make the framework cut the connection, and a
 * client that is still sending would never see the answer.
 */
export function readRaw(
  request: FastifyRequest,
  payload: IncomingMessage,
  done: (error: null, body: Buffer | AppError) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  const end = (error: AppError) => {
    payload.removeAllListeners('data').removeAllListeners('end')
    payload.resume()
    done(null, error)
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
  payload.once('end', () => done(null, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  payload.once('error', () => end(httpError('REQUEST_INVALID', {})))
}

/** The first text a query has under one of the names. */
export function queryText(request: FastifyRequest, ...names: readonly string[]): string | undefined {
  const query = request.query as Record<string, unknown>
  for (const name of names) {
    const value = query[name]
    const text = Array.isArray(value) ? value[0] : value
    if (typeof text === 'string' && text !== '') return text
  }
  return undefined
}

/** The key in the path, for clients that take nothing but an address. */
export const pathKey = (request: FastifyRequest): string | undefined => {
  const { writeKey } = request.params as { writeKey?: string }
  return writeKey === '' ? undefined : writeKey
}

/** A source may say from which origins browsers send; programs that name no origin are no browsers. */
function checkOrigin(request: FastifyRequest, { allowedOrigins }: WriteKey): void {
  const { origin } = request.headers
  if (origin && allowedOrigins?.length && !allowedOrigins.includes(origin))
    throw ingestError('ORIGIN_NOT_ALLOWED', {})
}

function textKey(inBody: unknown): string {
  if (typeof inBody === 'string' && inBody !== '') return inBody
  throw ingestError('WRITE_KEY_MISSING', {})
}

/** Opens the ways in for one scope of routes whose bodies are read raw. */
export function createDoor(scope: FastifyInstance, deps: DoorDeps) {
  const keyOfRequest = new WeakMap<FastifyRequest, WriteKey>()
  const leaves = new WeakMap<FastifyRequest, () => void>()
  // The request itself is over once its body is read: the place is held until the answer is out.
  const leave = (request: FastifyRequest, done: () => void): void => {
    leaves.get(request)?.()
    done()
  }
  scope.addHook('onResponse', (request, _reply, done) => leave(request, done))
  scope.addHook('onRequestAbort', leave)

  /** The request's key from here on: its place among the key's requests is taken until it is answered. */
  function enter(request: FastifyRequest, key: string): WriteKey | Promise<WriteKey> {
    if (key.length > longestKey) throw ingestError('WRITE_KEY_UNKNOWN', {})
    const found = deps.keys.get(key)
    return found instanceof Promise
      ? found.then((loaded) => enterWith(request, loaded))
      : enterWith(request, found)
  }

  function enterWith(request: FastifyRequest, found: WriteKey): WriteKey {
    checkOrigin(request, found)
    const leave = deps.limits?.enter(found)
    if (leave) leaves.set(request, leave)
    keyOfRequest.set(request, found)
    return found
  }

  // A key outside of the body is checked before the body is read: whoever has none can't make us read 5 MB.
  function checkKey(request: FastifyRequest, key: string | undefined): void | Promise<void> {
    const entered = key === undefined ? undefined : enter(request, key)
    if (entered instanceof Promise) return entered.then(() => undefined)
  }

  const callOf = (request: FastifyRequest): Call => ({
    request,
    isKeyKnown: () => keyOfRequest.has(request),
    async bytes() {
      if (request.body instanceof AppError) throw request.body
      return inflateBody(request.body, request.headers['content-encoding'])
    },
    async key(inBody) {
      const key = keyOfRequest.get(request) ?? (await enter(request, textKey(inBody)))
      deps.limits?.take(key, 0, Buffer.isBuffer(request.body) ? request.body.length : request.url.length)
      return key
    },
  })

  function route({ method, urls, keyOf, handle, refuse }: ProtocolRoute): void {
    const refused = (error: unknown) => (refuse && error instanceof AppError ? refuse(error) : error)
    const onRequest = async (request: FastifyRequest) => {
      if (request.method === 'HEAD') return
      try {
        await checkKey(request, keyOfHeader(request.headers.authorization) ?? keyOf?.(request))
      } catch (error) {
        throw refused(error)
      }
    }
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      if (request.method === 'HEAD') return reply.send('')
      try {
        const { body, type = jsonType, status = 200 } = await handle(callOf(request))
        return reply
          .status(status)
          .header('content-type', type)
          .header('cache-control', 'no-store')
          .send(body)
      } catch (error) {
        throw refused(error)
      }
    }
    // Formats of others: their own pages describe them, docs/guide/collect.md says how to point a client here.
    const options = { config: { permission: 'writeKey' as const }, schema: { hide: true } }
    for (const url of urls) {
      scope.route({ method, url, handler, onRequest, ...options })
      answerPreflight(scope, url)
    }
  }

  /**
   * Hands a protocol's items to the collector, each as the messages it means. Refused messages are told by the place
   * of their item; items that mean none are ignored, and counted as such.
   */
  async function take(
    key: WriteKey,
    items: readonly unknown[],
    normalise: (item: unknown) => readonly unknown[],
    options: TakeOptions,
  ): Promise<IngestAnswer & { ignored: number }> {
    if (items.length > mostMessages) throw ingestError('BATCH_TOO_LONG', { limit: mostMessages })
    const messages: unknown[] = []
    const places: number[] = []
    let ignored = 0
    for (const [index, item] of items.entries()) {
      const made = normalise(item)
      if (made.length === 0) ignored += 1
      for (const message of made) {
        messages.push(message)
        places.push(index)
      }
    }
    deps.limits?.take(key, items.length, 0)
    if (messages.length > 3 * mostMessages) throw ingestError('BATCH_TOO_LONG', { limit: mostMessages })
    for (let nth = 0; nth < ignored; nth += 1) deps.counters.reject('MESSAGE_IGNORED')
    if (messages.length === 0) return { accepted: 0, rejected: [], ignored }
    const answer = await deps.collector.takeBatch(key, messages, options)
    const rejected = answer.rejected.map((one) => ({ ...one, index: places[one.index] ?? one.index }))
    const broken = new Set(rejected.map((one) => one.index))
    return { accepted: items.length - ignored - broken.size, rejected, ignored }
  }

  return { route, take, callOf, checkKey }
}

export type Door = ReturnType<typeof createDoor>
