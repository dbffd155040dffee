import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import {
  type EdgeSnapshot,
  forwardPaths,
  type Mark,
  type Position,
} from '#features/ingest/server/forward-wire.ts'
import type { TlsMaterial } from '#platform/server/tls-material.ts'

const timeoutMs = 5000
const segmentTimeoutMs = 15_000

type Answer = { status: number; headers: IncomingHttpHeaders; body: string }
export type PlacedMark = Mark & { url: string }
export type Upstreams = ReturnType<typeof createUpstreams>

/** The collect processes behind an edge, by mutual TLS. */
export function createUpstreams(deps: { urls: readonly string[]; tls: TlsMaterial }) {
  const agent = new Agent({ ...deps.tls, keepAlive: true, maxSockets: 8, rejectUnauthorized: true })
  let preferred = 0

  const ask = (
    url: string,
    method: 'GET' | 'POST',
    options: { body?: Buffer; headers?: Record<string, string>; timeoutMs: number },
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { agent, method, headers: options.headers ?? {} }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          clearTimeout(timer)
          const { statusCode = 0, headers } = response
          resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString('utf8') })
        })
      })
      const timer = setTimeout(() => sent.destroy(new Error(`${url} does not answer`)), options.timeoutMs)
      sent.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      sent.end(options.body)
    })

  /** Asks one after the other, beginning with the one that answered last, until one gives what was wanted. */
  async function askEach<R>(use: (url: string) => Promise<R>): Promise<R> {
    let failure: unknown
    for (let nth = 0; nth < deps.urls.length; nth += 1) {
      const at = (preferred + nth) % deps.urls.length
      try {
        const result = await use(deps.urls[at] ?? '')
        preferred = at
        return result
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  return {
    /** Hands a packed segment over; resolves once a collect process (or Kafka behind it) has it durably. */
    hand: (segment: Buffer): Promise<PlacedMark> =>
      askEach(async (url) => {
        const headers = {
          'content-type': 'application/octet-stream',
          'content-length': String(segment.length),
        }
        const options = { body: segment, headers, timeoutMs: segmentTimeoutMs }
        const { status, body } = await ask(`${url}${forwardPaths.segment}`, 'POST', options)
        if (status === 503 && body.includes('SPOOL_FULL')) throw ingestError('SPOOL_FULL', {})
        if (status !== 200) throw ingestError('SPOOL_UNAVAILABLE', {})
        return { ...(JSON.parse(body) as Mark), url }
      }),
    async position(url: string): Promise<Position> {
      const { status, body } = await ask(`${url}${forwardPaths.position}`, 'GET', { timeoutMs })
      if (status !== 200) throw new Error(`${url} answers ${status}`)
      return JSON.parse(body) as Position
    },
    /** What to check by; undefined when it is still what the tag names. */
    snapshot: (tag: string | undefined): Promise<{ snapshot: EdgeSnapshot; tag: string } | undefined> =>
      askEach(async (url) => {
        const headers: Record<string, string> = tag ? { 'if-none-match': tag } : {}
        const {
          status,
          body,
          headers: given,
        } = await ask(`${url}${forwardPaths.snapshot}`, 'GET', { headers, timeoutMs })
        if (status === 304) return undefined
        if (status !== 200) throw new Error(`${url} answers ${status}`)
        return { snapshot: JSON.parse(body) as EdgeSnapshot, tag: String(given.etag ?? '') }
      }),
    close: () => agent.destroy(),
  }
}
