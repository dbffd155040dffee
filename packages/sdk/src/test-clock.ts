import type { Scheduler } from './scheduler.ts'

/** Time that moves only when told. */
export function createTestClock(startMs = Date.UTC(2024, 0, 15)) {
  let nowMs = startMs
  let timers: { run: () => void; atMs: number }[] = []
  const scheduler: Scheduler = {
    set(run, delayMs) {
      const timer = { run, atMs: nowMs + delayMs }
      timers.push(timer)
      return timer
    },
    clear(handle) {
      timers = timers.filter((timer) => timer !== handle)
    },
  }
  return {
    scheduler,
    now: () => nowMs,
    waits: () => timers.map(({ atMs }) => atMs - nowMs).sort((a, b) => a - b),
    advance(ms: number) {
      nowMs += ms
      const due = timers.filter(({ atMs }) => atMs <= nowMs)
      timers = timers.filter(({ atMs }) => atMs > nowMs)
      for (const { run } of due) run()
    },
  }
}
