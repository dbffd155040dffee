const plainNumber = /^-?\d+(\.\d+)?$/
const dangerous = /^[=+\-@\t\r\n]/

/**
 * One cell of a CSV file. A text that a spreadsheet would take for a formula gets an apostrophe in front; negative numbers
 * are numbers.
 */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  const text = String(value)
  const safe = dangerous.test(text) && !plainNumber.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** One line of a CSV file, as RFC 4180 ends it. */
export const csvLine = (cells: readonly (string | number | null | undefined)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`
