import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { framesOfEdge } from '#features/ingest/server/forward-check.ts'
import {
  type EdgeSnapshot,
  forwardPaths,
  type Mark,
  type Position,
} from '#features/ingest/server/forward-wire.ts'
import type { Road } from '#features/ingest/server/road.ts'
import type { Log } from '#features/ingest/server/spool.ts'
import { AppError } from '#platform/common/errors.ts'
import type { TlsMaterial } from '#platform/server/tls-material.ts'

const mostBodyBytes = 128 * 1024 * 1024

/** Names this disk: a process that lost it comes back under another name, and edges hand their copies over again. */
export async function readInstance(dir: string): Promise<string> {
  const path = join(dir, 'instance')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    const instance = randomBytes(16).toString('hex')
    await writeFile(path, instance, { mode: 0o600 })
    return instance
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > mostBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

type Deps = {
  tls: TlsMaterial
  road: Pick<Road, 'append' | 'position'>
  instance: string
  readSnapshot: () => Promise<EdgeSnapshot>
  log: Log
}

async function takeSegment(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await readBody(request)
  const frames = bytes && framesOfEdge(bytes)
  if (!frames) {
    deps.log(undefined, 'an edge handed over what no edge may: it was refused')
    return answer(response, 400, { code: 'SEGMENT_INVALID' })
  }
  await deps.road.append((writer) => {
    for (const frame of frames) writer.fixedBytes(frame)
  })
  answer(response, 200, { instance: deps.instance, mark: deps.road.position?.().newest ?? -1 } satisfies Mark)
}

async function giveSnapshot(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const snapshot = await deps.readSnapshot()
  const etag = `"${createHash('sha256').update(JSON.stringify(snapshot)).digest('hex').slice(0, 32)}"`
  if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end()
  else answer(response, 200, snapshot, { etag })
}

async function handle(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url}`
  if (route === `POST ${forwardPaths.segment}`) return takeSegment(deps, request, response)
  if (route === `GET ${forwardPaths.snapshot}`) return giveSnapshot(deps, request, response)
  if (route !== `GET ${forwardPaths.position}`) return answer(response, 404, { code: 'ROUTE_NOT_FOUND' })
  const loadedBelow = deps.road.position?.().oldest ?? 0
  answer(response, 200, { instance: deps.instance, loadedBelow } satisfies Position)
}

/**
 * The internal door of a collect process: edges come in with a certificate that our CA signed, hand over what they took
 * and fetch what they check by. A segment handed over twice counts once: its rows have the same keys.
 */
export function createForwardServer(deps: Deps) {
  const server = createServer(
    { ...deps.tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (request, response) => {
      handle(deps, request, response).catch((error: unknown) => {
        const code = error instanceof AppError ? error.code : 'INTERNAL'
        if (!(error instanceof AppError)) deps.log(error, 'an edge could not be answered')
        if (response.headersSent) response.destroy()
        else answer(response, 503, { code }, { 'retry-after': '5' })
      })
    },
  )
  server.keepAliveTimeout = 60_000
  return {
    /** Gives the port. */
    async listen(port: number, host: string): Promise<number> {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return (server.address() as AddressInfo).port
    },
    async close(): Promise<void> {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), 2000).unref()
      await closed
    },
  }
}
