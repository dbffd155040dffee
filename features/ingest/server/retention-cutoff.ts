/** The same day and time so many months before; where that month is shorter, its last day. */
export function monthsBefore(moment: Date, months: number): Date {
  const month = moment.getUTCMonth() - months
  const first = new Date(Date.UTC(moment.getUTCFullYear(), month, 1))
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  const day = Math.min(moment.getUTCDate(), lastDay)
  const inDay = moment.getTime() % 86_400_000
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day) + inDay)
}

/**
 * The first moment after everything a partition can hold by its name: years (2019, 201900) or months (202607); undefined
 * for other names. Rows may lie outside, where the client's clock was wrong: they are looked at before anything goes.
 */
export function endOfPartition(partition: string): Date | undefined {
  const found = /^(\d{4})(\d{2})?$/.exec(partition)
  if (!found) return undefined
  const [year, month] = [Number(found[1]), Number(found[2] ?? '0')]
  if (month > 12) return undefined
  return month === 0 ? new Date(Date.UTC(year + 1, 0, 1)) : new Date(Date.UTC(year, month, 1))
}
