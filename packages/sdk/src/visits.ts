/** A visit (the property `session` of its events) ends when nothing has been done for so long. */
const defaultIdleMs = 30 * 60_000

/** Writing each move to storage would cost more than the minute is worth. */
const writeEveryMs = 60_000

export interface VisitOptions {
  now: () => number
  idleMs?: number
  /** Other tabs of the same visitor are in the same visit. */
  read: () => string | undefined
  write: (visit: string) => void
  onStarted: () => void
}

/** Groups what a visitor does without a long pause. A visit is named by its start, which is enough beside the visitor. */
export function createVisits({ now, idleMs = defaultIdleMs, read, write, onStarted }: VisitOptions) {
  let id: string | undefined
  let activeAt = 0
  let writtenAt = 0

  /** Takes over what another tab has noted since. */
  function look() {
    const [knownId, knownAt] = (read() ?? '').split(' ')
    if (!knownId || !(Number(knownAt) > activeAt)) return
    id = knownId
    activeAt = Number(knownAt)
  }

  function save() {
    writtenAt = activeAt
    write(`${id} ${activeAt}`)
  }

  return {
    /** Something is done now: goes on with the visit or starts one, and tells its id. */
    touch(): string {
      look()
      const at = now()
      // A clock set back must not make a visit endless.
      const isOver = id === undefined || Math.abs(at - activeAt) >= idleMs
      if (isOver) id = at.toString(36)
      activeAt = at
      if (isOver || Math.abs(at - writtenAt) >= writeEveryMs) save()
      if (isOver) onStarted()
      return id!
    },

    /** The next move starts another visit, because it is another person's. */
    end() {
      id = undefined
      activeAt = now()
      writtenAt = 0
      write('')
    },

    /** Another tab ended it, and may have noted the next one. */
    follow() {
      id = undefined
      activeAt = 0
      writtenAt = 0
    },

    /** Notes a visit that began while nothing could be stored. */
    save() {
      if (id !== undefined) save()
    },
  }
}

export type Visits = ReturnType<typeof createVisits>
