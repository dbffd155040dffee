/** Steps of an editor: what was, what is, what was undone. */
export type History<T> = {
  readonly past: readonly T[]
  readonly present: T
  readonly future: readonly T[]
  /** What the last step was; typing on in one field stays one step. */
  readonly last: string | null
}

const longest = 200

export const startHistory = <T>(present: T): History<T> => ({ past: [], present, future: [], last: null })

/** A new step; one of the same kind right after joins the step before. A kind of null never joins. */
export function step<T>(history: History<T>, present: T, kind: string | null): History<T> {
  if (present === history.present) return history
  const joins = kind !== null && kind === history.last && history.past.length > 0
  const past = joins ? history.past : [...history.past, history.present].slice(-longest)
  return { past, present, future: [], last: kind }
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1)
  if (before === undefined) return history
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    last: null,
  }
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future
  if (after === undefined) return history
  return { past: [...history.past, history.present], present: after, future, last: null }
}
