import type { PlanEvent } from '#features/plan/common/plan.ts'

const columns = [
  'event',
  'name_zh',
  'name_en',
  'state',
  'version',
  'owner',
  'description',
  'property',
  'type',
  'required',
  'class',
  'allowed_values',
  'pattern',
  'max_length',
  'example',
  'property_description',
  'places',
]

/** Quoted where needed; what a spreadsheet would take for a formula stays text. */
function cell(value: string | number | boolean | undefined): string {
  const text = value === undefined ? '' : String(value)
  const plain = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(?:\.\d+)?$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain
}

function rowsOf({ key, state, version, draft }: PlanEvent): (string | number | boolean | undefined)[][] {
  const own = [key, draft.name.zh, draft.name.en, state, version, draft.owner, draft.description]
  const places = draft.places.map(({ space, page }) => (page ? `${space} / ${page}` : space)).join('; ')
  if (draft.properties.length === 0) return [[...own, ...Array(9).fill(undefined), places]]
  return draft.properties.map((property) => [
    ...own,
    property.name,
    property.type,
    property.required,
    property.class,
    property.values?.join('; '),
    property.pattern,
    property.maxLength,
    property.example,
    property.description,
    places,
  ])
}

/** The plan as a table for people, a row a property; with a mark so that spreadsheets read it as UTF-8. */
export const planCsv = (events: readonly PlanEvent[]): string =>
  `\ufeff${[columns, ...events.flatMap(rowsOf)].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`
