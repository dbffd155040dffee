/** The time, passed in wherever it is needed so that tests own it. */
export type Clock = { now(): Date }

/** A clock that can be set back and forth: the demo bank's past is made by the same code as its present. */
export type ShiftableClock = Clock & { shift(byMs: number): void }

export function createSystemClock(): ShiftableClock {
  let shiftMs = 0
  return {
    now: () => new Date(Date.now() + shiftMs),
    shift(byMs) {
      shiftMs = byMs
    },
  }
}

export const systemClock: Clock = createSystemClock()
