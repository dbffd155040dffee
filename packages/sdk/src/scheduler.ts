/** Runs things later. Passed in, so that a test can say when later is. */
export interface Scheduler {
  set(run: () => void, delayMs: number): unknown
  clear(handle: unknown): void
}

/** The timers of the platform. */
export const systemScheduler: Scheduler = {
  set: (run, delayMs) => setTimeout(run, delayMs),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
}
