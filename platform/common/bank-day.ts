const formats = new Map<string, Intl.DateTimeFormat>()

/** The calendar day of a moment in a zone, as YYYY-MM-DD. */
export function bankDay(moment: Date, timeZone: string): string {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return format.format(moment)
}
