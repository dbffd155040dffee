import type { Entry } from './queue.ts'
import { byteLength } from './queue.ts'
import type { Scheduler } from './scheduler.ts'

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
  fetch: typeof fetch
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
  const { now, scheduler } = options
  const base = options.host.replace(/\/+$/, '')
  const authorization = `Basic ${btoa(`${options.writeKey}:`)}`
  const underWay = new Set<AbortController>()

  /** The time limit covers the body too: a server can stop in the middle of an answer. */
  async function request<T>(path: string, init: RequestInit, read: (response: Response) => Promise<T>) {
    const controller = new AbortController()
    underWay.add(controller)
    const timeout = scheduler.set(() => controller.abort(), options.timeoutMs)
    try {
      const headers = { ...(init.headers as Record<string, string>), authorization }
      // Cookies stay home: the write key and the token are the only credentials.
      const response = await options.fetch(base + path, {
        credentials: 'omit',
        ...init,
        headers,
        signal: controller.signal,
      })
      return await read(response)
    } finally {
      scheduler.clear(timeout)
      underWay.delete(controller)
    }
  }

  function retryAfterMs(response: Response): number | undefined {
    const value = response.headers.get('retry-after')
    if (!value) return undefined
    const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now()
    return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), longestWaitMs) : undefined
  }

  async function readOutcome(response: Response): Promise<BatchOutcome> {
    const { status } = response
    const answer = await readJson(response)
    // A captive portal answers 200 with a page of its own; only the server's answer confirms a batch.
    if (response.ok && typeof answer.accepted === 'number') {
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
      const body = JSON.stringify({ batch: messages, sentAt: new Date(now()).toISOString() })
      const bytes = byteLength(body)
      return { body, bytes, isKeepalive: bytes <= keepaliveBytes }
    },

    async postBatch({ body, isKeepalive }: { body: string; isKeepalive: boolean }): Promise<BatchOutcome> {
      const headers = { 'content-type': 'application/json' }
      try {
        const init = { method: 'POST', headers, body, keepalive: isKeepalive }
        return await request('/v1/batch', init, readOutcome)
      } catch (reason) {
        return { outcome: 'retry', reason }
      }
    },

    /** One call for the customer the token names. Throws `ZhikeHttpError`, or what fetch throws. */
    async call(method: 'GET' | 'POST', path: string, token: string | undefined) {
      const headers: Record<string, string> = token ? { 'x-customer-token': token } : {}
      return request(path, { method, headers }, async (response) => {
        const answer = await readJson(response)
        if (response.ok) return answer
        const { code, detail } = problem(response.status, answer)
        throw new ZhikeHttpError(response.status, code, detail)
      })
    },

    abortAll: () => underWay.forEach((controller) => void controller.abort()),
  }
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text()
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
