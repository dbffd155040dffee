export type ChartTable = {
  columns: readonly string[]
  rows: readonly (readonly (string | number | null)[])[]
}

/** The table as CSV that spreadsheets open rightly: UTF-8 with its mark, quoted, and no cell that runs as a formula. */
export function csvOf(table: ChartTable): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value)
    const harmless = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
  }
  const lines = [table.columns, ...table.rows].map((row) => row.map(cell).join(','))
  return `\uFEFF${lines.join('\r\n')}\r\n`
}

/** Hands a file to the browser's downloads. */
export function download(name: string, href: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = name
  link.click()
}

/** Saves a table as a CSV file. */
export function downloadCsv(name: string, table: ChartTable): void {
  const url = URL.createObjectURL(new Blob([csvOf(table)], { type: 'text/csv;charset=utf-8' }))
  download(`${name}.csv`, url)
  URL.revokeObjectURL(url)
}
