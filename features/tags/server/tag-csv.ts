import type { Tag } from '#features/tags/common/tag.ts'
import { kindOfSource } from '#features/tags/common/tag-source.ts'

/** A cell that a spreadsheet reads as text whatever it begins with. */
function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const columns: readonly [string, (tag: Tag) => unknown][] = [
  ['key', (tag) => tag.key],
  ['name_zh', (tag) => tag.name.zh],
  ['name_en', (tag) => tag.name.en],
  ['directory', (tag) => tag.directory.join('/')],
  ['state', (tag) => tag.state],
  ['type', (tag) => tag.type],
  ['unit', (tag) => tag.unit],
  ['kind', (tag) => kindOfSource(tag.source)],
  ['class', (tag) => tag.class],
  ['owner', (tag) => tag.owner],
  ['version', (tag) => tag.version],
  ['refresh_every_minutes', (tag) => tag.refreshEveryMinutes],
  ['streaming', (tag) => tag.streaming],
  ['refreshed_at', (tag) => tag.refreshedAt],
  ['coverage', (tag) => tag.coverage],
  ['expires_at', (tag) => tag.expiresAt],
  ['description', (tag) => tag.description],
  ['source', (tag) => JSON.stringify(tag.source)],
]

/** The catalogue as a table for people and other systems; with a mark that says it is UTF-8. */
export const catalogueCsv = (tags: readonly Tag[]): string =>
  `\uFEFF${[columns.map(([name]) => name), ...tags.map((tag) => columns.map(([, of]) => of(tag)))]
    .map((row) => row.map(cell).join(','))
    .join('\r\n')}\r\n`
