import type { Rejection, Session } from './message.ts'
import type { Entry, Queue } from './queue.ts'
import type { Scheduler } from './scheduler.ts'
import { type BatchOutcome, keepaliveBytes, type RejectedItem, type Transport } from './transport.ts'

export interface SenderOptions {
  queue: Queue
  transport: Transport
  scheduler: Scheduler
  random: () => number
  flushAt: number
  flushIntervalMs: number
  /** Asks the bank for a fresh token and puts it into the session. */
  refreshToken: (session: Session) => Promise<void>
  /** Messages read back from storage have no session; the current one may be theirs. */
  sessionOf: (entry: Entry) => Session | undefined
  isOnline: () => boolean
  onRejected: (rejection: Rejection) => void
  onError: (error: unknown) => void
}

export type Sender = ReturnType<typeof createSender>

const batchBytes = 450_000
const firstRetryMs = 1000
const longestRetryMs = 60_000

/** Decides when the queue goes out. One request at a time, so that the order holds. */
export function createSender(options: SenderOptions) {
  const { queue, transport, scheduler } = options
  let batchCount = Math.max(options.flushAt, 100)
  let failures = 0
  let isOn = false
  let timer: unknown
  /** `server` is a Retry-After, which holds for everybody; `backoff` is our own and gives way to an explicit flush. */
  let wait: 'none' | 'backoff' | 'server' = 'none'
  let running: Promise<void> | undefined
  let hiding: Promise<unknown> | undefined
  let current: { bytes: number; isKeepalive: boolean } | undefined

  function setTimer(delayMs: number) {
    scheduler.clear(timer)
    timer = scheduler.set(() => {
      timer = undefined
      wait = 'none'
      void flush()
    }, delayMs)
  }

  const hasServerWait = () => wait === 'server'

  function clearTimer() {
    scheduler.clear(timer)
    timer = undefined
  }

  function waitForRetry({ reason, retryAfterMs }: BatchOutcome & { outcome: 'retry' }) {
    options.onError(reason)
    if (!isOn || queue.size() === 0) return
    const ceiling = Math.min(firstRetryMs * 2 ** failures, longestRetryMs)
    failures++
    wait = retryAfterMs === undefined ? 'backoff' : 'server'
    setTimer(retryAfterMs ?? ceiling * (0.5 + options.random() / 2))
    // In Node a server that is down must not keep a finished program alive.
    ;(timer as { unref?: () => void } | undefined)?.unref?.()
  }

  function reject(entry: Entry, { code, detail }: { code: string; detail: string }) {
    options.onRejected({ messageId: entry.message.messageId, code, detail, message: entry.message })
  }

  function reportRejected(batch: Entry[], rejected: RejectedItem[]) {
    for (const item of rejected) {
      const entry = batch.find(({ message }) => message.messageId === item.messageId) ?? batch[item.index]
      if (entry) reject(entry, item)
    }
  }

  /** Whether the queue may go on with the next batch. */
  function settle(batch: Entry[], result: BatchOutcome): boolean {
    if (result.outcome === 'retry') {
      waitForRetry(result)
      return false
    }
    failures = 0
    if (result.outcome === 'delivered') {
      queue.remove(batch)
      reportRejected(batch, result.rejected)
    } else if (result.status === 413 && batch.length > 1) {
      batchCount = Math.ceil(batch.length / 2)
    } else {
      queue.remove(batch)
      for (const entry of batch) reject(entry, result)
    }
    return true
  }

  async function post(batch: Entry[], isHiding: boolean): Promise<BatchOutcome> {
    const proven = batch.map((entry) => ({ ...entry, session: options.sessionOf(entry) }))
    queue.markInFlight(batch)
    try {
      // A page on its way out cannot wait for a token; it uses the one it has.
      if (!isHiding) {
        const sessions = new Set(proven.map((entry) => entry.session))
        for (const session of sessions) if (session) await options.refreshToken(session)
      }
      // Consent can be withdrawn while the token is fetched.
      if (!isOn) return { outcome: 'retry', reason: 'stopped' }
      const encoded = transport.encode(proven)
      if (!isHiding) current = encoded
      return await transport.postBatch(encoded, isHiding)
    } catch (reason) {
      return { outcome: 'retry', reason }
    } finally {
      if (!isHiding) current = undefined
      queue.unmarkInFlight(batch)
    }
  }

  async function run() {
    try {
      await queue.opened()
      while (isOn && queue.size() > 0) {
        await hiding
        if (hasServerWait()) return
        const batch = queue.take({ count: batchCount, bytes: batchBytes })
        if (batch.length > 0 && !settle(batch, await post(batch, false))) return
      }
    } finally {
      // Here and not in a later microtask: a message tracked in between would be left waiting.
      running = undefined
    }
  }

  function flush(): Promise<void> {
    if (running) return running
    if (!isOn || hasServerWait() || !options.isOnline()) return Promise.resolve()
    clearTimer()
    wait = 'none'
    running = Promise.resolve().then(run)
    return running
  }

  return {
    flush,

    start() {
      isOn = true
      void flush()
    },

    stop() {
      isOn = false
      wait = 'none'
      failures = 0
      clearTimer()
    },

    /** A message was added: send when there are enough, or soon. */
    added() {
      if (!isOn || running || wait !== 'none') return
      if (queue.size() >= options.flushAt) void flush()
      else if (timer === undefined) setTimer(options.flushIntervalMs)
    },

    /** The network is back. */
    wake() {
      if (wait !== 'server') void flush()
    },

    /** The page may end here: send what one last keepalive request can carry. The queue keeps it until confirmed. */
    sendOnHide() {
      if (!isOn || wait === 'server' || hiding || !options.isOnline()) return
      // A large request under way dies with the page, so its messages go again; a small one survives.
      const surviving = current?.isKeepalive ? current.bytes : 0
      const limit = { count: batchCount, bytes: keepaliveBytes - surviving - 500 }
      const batch = queue.take({ ...limit, isSkippingInFlight: current?.isKeepalive === true })
      if (batch.length === 0) return
      hiding = post(batch, true).then((result) => {
        hiding = undefined
        settle(batch, result)
      })
    },
  }
}
