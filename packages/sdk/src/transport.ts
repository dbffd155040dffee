import type { Base64 } from './base64.ts'
import type { HttpAnswer, HttpRequest, SendHttp } from './http.ts'
import type { Entry } from './queue.ts'
import type { Scheduler } from './scheduler.ts'
import { byteLength } from './text-bytes.ts'

/** What the server says about one message of a batch it read. */
export interface RejectedItem {
  index: number
  messageId?: string
  code: string
  detail: string
}

/** What became of one batch. `retry` keeps it; the others end it. */
export type BatchOutcome =
  | { outcome: 'delivered'; rejected: RejectedItem[] }
  | { outcome: 'refused'; status: number; code: string; detail: string }
  | { outcome: 'retry'; reason: unknown; retryAfterMs?: number }

/** A request for slots or the inbox that was not answered with 2xx. */
export class ZhikeHttpError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.name = 'ZhikeHttpError'
    this.status = status
    this.code = code
  }
}

export interface TransportOptions {
  host: string
  writeKey: string
  http: SendHttp
  base64: Base64
  /** Hands a body to the browser where a request cannot outlive its page. No answer comes back. */
  beacon?: (url: string, body: string) => boolean
  now: () => number
  scheduler: Scheduler
  timeoutMs: number
}

export type Transport = ReturnType<typeof createTransport>

/** Browsers refuse keepalive bodies over 64 KiB, counted over all requests under way. */
export const keepaliveBytes = 60_000

const longestWaitMs = 3_600_000

/** Speaks HTTP with the server; knows no queue. */
export function createTransport(options: TransportOptions) {
  const { now, scheduler, writeKey, beacon } = options
  const base = options.host.replace(/\/+$/, '')
  const authorization = `Basic ${options.base64.encode(`${writeKey}:`)}`
  const underWay = new Set<() => void>()

  /** The time limit covers the body too: a server can stop in the middle of an answer. */
  async function request(call: HttpRequest): Promise<HttpAnswer> {
    const headers = { ...call.headers, authorization }
    const { answer, abort } = options.http({ ...call, url: base + call.url, headers })
    underWay.add(abort)
    const timeout = scheduler.set(abort, options.timeoutMs)
    try {
      return await answer
    } finally {
      scheduler.clear(timeout)
      underWay.delete(abort)
    }
  }

  function retryAfterMs(answer: HttpAnswer): number | undefined {
    const value = answer.header('retry-after')
    if (!value) return undefined
    const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now()
    return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), longestWaitMs) : undefined
  }

  function readOutcome(response: HttpAnswer): BatchOutcome {
    const { status } = response
    const answer = readJson(response)
    // A captive portal answers 200 with a page of its own; only the server's answer confirms a batch.
    if (isOk(response) && typeof answer.accepted === 'number') {
      const rejected = Array.isArray(answer.rejected) ? (answer.rejected as RejectedItem[]) : []
      return { outcome: 'delivered', rejected }
    }
    const canRetry = status < 400 || status === 408 || status === 429 || status >= 500
    if (canRetry) return { outcome: 'retry', reason: `HTTP ${status}`, retryAfterMs: retryAfterMs(response) }
    return { outcome: 'refused', status, ...problem(status, answer) }
  }

  return {
    /** Makes the body of a batch. The token joins each message here and nowhere earlier. */
    encode(batch: Entry[]) {
      const messages = batch.map(({ message, session }) =>
        session?.token ? { ...message, context: { ...message.context, token: session.token } } : message,
      )
      // A beacon has no headers, so its key goes in the body.
      const key = beacon && { writeKey }
      const body = JSON.stringify({ batch: messages, sentAt: new Date(now()).toISOString(), ...key })
      const bytes = byteLength(body)
      return { body, bytes, isKeepalive: bytes <= keepaliveBytes }
    },

    async postBatch(
      { body, isKeepalive }: { body: string; isKeepalive: boolean },
      isLast: boolean,
    ): Promise<BatchOutcome> {
      const url = '/v1/batch'
      if (isLast && beacon) {
        beacon(base + url, body)
        return { outcome: 'retry', reason: 'A beacon is never confirmed.' }
      }
      try {
        const headers = { 'content-type': 'application/json' }
        return readOutcome(await request({ method: 'POST', url, headers, body, isKeepalive }))
      } catch (reason) {
        return { outcome: 'retry', reason }
      }
    },

    /** One call for the customer the token names. Throws `ZhikeHttpError`, or what the platform throws. */
    async call(method: 'GET' | 'POST', url: string, token: string | undefined) {
      const headers: Record<string, string> = token ? { 'x-customer-token': token } : {}
      const response = await request({ method, url, headers })
      const answer = readJson(response)
      if (isOk(response)) return answer
      const { code, detail } = problem(response.status, answer)
      throw new ZhikeHttpError(response.status, code, detail)
    },

    abortAll: () => underWay.forEach((abort) => void abort()),
  }
}

const isOk = ({ status }: HttpAnswer) => status >= 200 && status < 300

function readJson({ text }: HttpAnswer): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(text)
    return answer && typeof answer === 'object' ? (answer as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function problem(status: number, answer: Record<string, unknown>) {
  return { code: String(answer.code ?? `HTTP_${status}`), detail: String(answer.detail ?? `HTTP ${status}`) }
}
