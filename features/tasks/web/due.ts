/** How a due time reads: late, today, or later. */
export type DueKind = 'late' | 'today' | 'later'

/** Compares by the calendar days of the bank, so that "today" is the same for everyone. */
export function dueKind(dueAt: string, now: Date, dayOf: (moment: Date) => string): DueKind {
  const due = new Date(dueAt)
  if (due.getTime() < now.getTime()) return 'late'
  return dayOf(due) === dayOf(now) ? 'today' : 'later'
}
