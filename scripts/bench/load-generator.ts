import { connect, type Socket } from 'node:net'

/**
 * Sends batches of 500-byte events as a process of its own, so that its cost is the other core's as far as there is one.
 * Input (argv): JSON {host, port, connections, batch, seconds, ratePerSecond?, offset}. Output: one JSON line.
 */
type Plan = {
  host: string
  port: number
  connections: number
  batch: number
  seconds: number
  /** Events a second over all connections; as many as possible when left out. */
  ratePerSecond?: number
  offset: number
}

const counterDigits = 12
const counterMark = '0'.repeat(counterDigits)

/** One event of 500 bytes as JSON; counter and customer are digits of fixed width that are overwritten in place. */
function eventTemplate(): string {
  const event = {
    type: 'track',
    event: 'page_viewed',
    userId: `B${counterMark}`,
    messageId: `m-${counterMark}`,
    timestamp: '2026-01-01T00:00:00.000Z',
    properties: {
      page: 'product',
      product: 'W01',
      space: 'main',
      amount: 12345.67,
      channel: 'app',
      note: '',
    },
  }
  event.timestamp = new Date().toISOString()
  const missing = 500 - Buffer.byteLength(JSON.stringify(event))
  event.properties.note = 'x'.repeat(missing)
  return JSON.stringify(event)
}

/** A whole HTTP request whose counters can be set without building it again. */
function createRequest(plan: Plan): { bytes: Buffer; setCounters(first: number): void } {
  const body = `{"batch":[${Array.from({ length: plan.batch }, eventTemplate).join(',')}]}`
  const head = [
    'POST /v1/batch HTTP/1.1',
    `host: ${plan.host}`,
    `authorization: Basic ${Buffer.from('bench:').toString('base64')}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    '\r\n',
  ].join('\r\n')
  const bytes = Buffer.from(head + body)
  const offsets: { user: number; message: number }[] = []
  let at = 0
  for (let nth = 0; nth < plan.batch; nth += 1) {
    const user = bytes.indexOf(`"B${counterMark}`, at) + 2
    const message = bytes.indexOf(`m-${counterMark}`, user) + 2
    offsets.push({ user, message })
    at = message
  }
  return {
    bytes,
    setCounters(first) {
      for (let nth = 0; nth < offsets.length; nth += 1) {
        const { user, message } = offsets[nth]!
        putDigits(bytes, message, first + nth)
        putDigits(bytes, user, (first + nth) % 50_000)
      }
    },
  }
}

/** Digits of fixed width, without a text being made: the generator shares its cores with what it measures. */
function putDigits(bytes: Buffer, at: number, value: number): void {
  let rest = value
  for (let place = at + counterDigits - 1; place >= at; place -= 1) {
    const next = Math.floor(rest / 10)
    bytes[place] = 48 + rest - next * 10
    rest = next
  }
}

type Tally = { accepted: number; failed: number; latencies: number[] }

/** One connection: sends, waits for the whole answer, sends the next when it is due. */
function runConnection(plan: Plan, tally: Tally, next: () => number, untilMs: number): Promise<void> {
  const request = createRequest(plan)
  const gapMs = plan.ratePerSecond ? (1000 * plan.batch * plan.connections) / plan.ratePerSecond : 0
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(plan.port, plan.host)
    socket.setNoDelay(true)
    let sentAt = 0
    let dueAt = performance.now() + Math.random() * gapMs
    const started = Buffer.from('HTTP/1.1 200')
    let answer = ''
    const send = () => {
      if (performance.now() >= untilMs) {
        socket.end()
        resolve()
        return
      }
      request.setCounters(next())
      sentAt = performance.now()
      // Waiting behind a slow answer counts: latency runs from when the request was due.
      if (gapMs) sentAt = Math.min(sentAt, dueAt)
      socket.write(request.bytes)
    }
    socket.on('connect', send)
    socket.on('error', reject)
    const allTaken = Buffer.from(`{"accepted":${plan.batch},"rejected":[]}`)
    socket.on('data', (chunk) => {
      // Nearly every answer is this one, in one piece.
      const isUsual =
        answer === '' &&
        chunk.compare(started, 0, started.length, 0, started.length) === 0 &&
        chunk.length > allTaken.length &&
        chunk.compare(allTaken, 0, allTaken.length, chunk.length - allTaken.length) === 0
      if (isUsual) {
        done(plan.batch)
        return
      }
      answer += chunk.toString('latin1')
      const end = answer.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0)
      if (answer.length < end + 4 + length) return
      const isOk = answer.startsWith('HTTP/1.1 200')
      done(isOk ? Number(/"accepted":(\d+)/.exec(answer)?.[1] ?? 0) : undefined)
      answer = ''
    })
    const done = (accepted: number | undefined) => {
      tally.latencies.push(performance.now() - sentAt)
      if (accepted === undefined) tally.failed += 1
      else tally.accepted += accepted
      dueAt += gapMs
      const wait = gapMs ? dueAt - performance.now() : 0
      if (wait > 1) setTimeout(send, wait)
      else send()
    }
  })
}

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan
const cpu = process.cpuUsage()
const tally: Tally = { accepted: 0, failed: 0, latencies: [] }
let counter = plan.offset
const next = () => {
  const first = counter
  counter += plan.batch
  return first
}
const started = performance.now()
const untilMs = started + plan.seconds * 1000
await Promise.all(Array.from({ length: plan.connections }, () => runConnection(plan, tally, next, untilMs)))
const seconds = (performance.now() - started) / 1000
const sorted = tally.latencies.sort((left, right) => left - right)
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
console.log(
  JSON.stringify({
    accepted: tally.accepted,
    failed: tally.failed,
    perSecond: tally.accepted / seconds,
    p50: at(0.5),
    p99: at(0.99),
    sent: counter - plan.offset,
    cpuMicros: Object.values(process.cpuUsage(cpu)).reduce((sum, micros) => sum + micros),
  }),
)
