import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject, Message } from './message.ts'

/** What the server does with one request before it goes back to behaving. */
export type Behaviour =
  | 'ok'
  | 'dropAfterAccepting'
  | 'dropBeforeReading'
  | 'hang'
  | 'captivePortal'
  | { status: number; headers?: Record<string, string>; body?: JsonObject }
  | { rejectEvent: string }

export interface SeenRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** A real HTTP server in place of the outside world; it misbehaves as told, one behaviour a request. */
export async function startTestServer() {
  const behaviours: Behaviour[] = []
  const accepted: Message[] = []
  const requests: SeenRequest[] = []
  const answers = new Map<string, JsonObject>()
  let waiting: { count: number; resolve: () => void }[] = []

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const behaviour = behaviours.shift() ?? 'ok'
    let body = ''
    if (behaviour === 'dropBeforeReading') request.socket.destroy()
    else for await (const chunk of request) body += chunk
    const path = request.url ?? ''
    if (behaviour !== 'dropBeforeReading') answer(behaviour, path, body, response)
    requests.push({ method: request.method ?? '', path, headers: request.headers, body })
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve()
    waiting = waiting.filter(({ count }) => requests.length < count)
  }

  function answer(behaviour: Behaviour, path: string, body: string, response: ServerResponse) {
    if (behaviour === 'hang') return
    if (behaviour === 'captivePortal') return void response.end('<html>Please accept our terms</html>')
    if (typeof behaviour === 'object' && 'status' in behaviour) {
      response.writeHead(behaviour.status, behaviour.headers)
      return void response.end(JSON.stringify(behaviour.body ?? {}))
    }
    if (path !== '/v1/batch') return void response.end(JSON.stringify(answers.get(path) ?? {}))
    const batch = (JSON.parse(body) as { batch: Message[] }).batch
    const rejectEvent = typeof behaviour === 'object' ? behaviour.rejectEvent : undefined
    const kept = batch.filter(({ event }) => event !== rejectEvent || rejectEvent === undefined)
    accepted.push(...kept)
    if (behaviour === 'dropAfterAccepting') return void response.destroy()
    const rejected = batch.flatMap(({ event, messageId }, index) =>
      event === rejectEvent && rejectEvent
        ? [{ index, messageId, code: 'UNKNOWN_EVENT', detail: event }]
        : [],
    )
    response.end(JSON.stringify({ accepted: kept.length, rejected }))
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every message the server took in, repeats included. */
    accepted,
    requests,
    /** Answers of paths other than the batch, by path and query. */
    answers,
    misbehave: (...next: Behaviour[]) => void behaviours.push(...next),
    forget() {
      behaviours.length = 0
      accepted.length = 0
      requests.length = 0
    },
    /** Resolves when so many requests have been read. */
    seen: (count: number) =>
      requests.length >= count
        ? Promise.resolve()
        : new Promise<void>((resolve) => void waiting.push({ count, resolve })),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
