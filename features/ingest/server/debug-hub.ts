import type { DebugSession } from '#features/ingest/common/debug.ts'
import { maskMessage } from '#features/ingest/server/debug-mask.ts'
import type { DebugStore } from '#features/ingest/server/debug-store.ts'
import type { TakenMessage, TakenWatcher } from '#features/ingest/server/taken-message.ts'

/** How often this process asks who watches, and tells what it saw. */
const askEveryMs = 500
const tellEveryMs = 150
/** More than a person can read in that time; the rest is counted. */
const mostPerTell = 100
const mostBytes = 16_000

const matches = ({ kind, value }: DebugSession, message: TakenMessage): boolean => {
  if (kind === 'source') return message.source === value
  if (kind === 'device') return message.anonymousId === value
  return message.customerNoProven === value || message.customerNoClaimed === value
}

/**
 * The collecting side of the live view: keeps in memory who watches what (asked twice a second, so that it works over any
 * number of processes and needs no notifications of the database), and hands over what matches in small batches.
 */
export function createDebugHub(deps: { store: DebugStore; onError: (error: unknown) => void }) {
  const { store } = deps
  let watches: readonly DebugSession[] = []
  let pending: { sessionId: string; body: string }[] = []
  const skipped = new Map<string, number>()
  let telling: NodeJS.Timeout | undefined
  let asking: NodeJS.Timeout | undefined
  let isStopped = true
  let isFailing = false

  function failed(error: unknown): void {
    if (!isFailing && !isStopped) deps.onError(error)
    isFailing = true
  }

  async function tell(): Promise<void> {
    telling = undefined
    const rows = pending
    for (const [sessionId, count] of skipped)
      rows.push({ sessionId, body: JSON.stringify({ skipped: count }) })
    pending = []
    skipped.clear()
    await store.write(rows).catch(failed)
  }

  async function ask(): Promise<void> {
    try {
      watches = await store.active()
      isFailing = false
    } catch (error) {
      watches = []
      failed(error)
    }
    clearTimeout(asking)
    if (!isStopped) asking = setTimeout(() => void ask(), askEveryMs)
  }

  function keep(sessionId: string, message: TakenMessage): void {
    if (pending.length >= mostPerTell) {
      skipped.set(sessionId, (skipped.get(sessionId) ?? 0) + 1)
      return
    }
    const body = JSON.stringify(maskMessage(message))
    if (body.length <= mostBytes) pending.push({ sessionId, body })
    else pending.push({ sessionId, body: JSON.stringify({ ...maskMessage(message), properties: {} }) })
  }

  const door: TakenWatcher = {
    isOn: () => watches.length > 0,
    seen(message) {
      try {
        for (const session of watches) if (matches(session, message)) keep(session.sessionId, message)
        if (pending.length > 0 && !isStopped) telling ??= setTimeout(() => void tell(), tellEveryMs)
      } catch (error) {
        // Watching must never cost a message.
        failed(error)
      }
    },
  }

  return {
    ...door,
    start(): void {
      if (!isStopped) return
      isStopped = false
      void ask()
    },
    /** Asks at once: whoever opens a session in this process need not wait for the next round. */
    refresh: async (): Promise<void> => {
      clearTimeout(asking)
      await ask()
    },
    stop(): void {
      isStopped = true
      clearTimeout(asking)
      clearTimeout(telling)
      watches = []
    },
  }
}

export type DebugHub = ReturnType<typeof createDebugHub>
