import { renderClickHouse, type Sql, type TypedValue } from '#platform/common/sql.ts'

const escapes: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}
const escapeText = (text: string): string => text.replace(/[\\'\0\b\f\n\r\t]/g, (char) => escapes[char]!)

const formatDate = (value: Date, type: string): string => {
  const text = value.toISOString().replace('T', ' ').replace('Z', '')
  if (type.includes('DateTime64')) return text
  return type.includes('DateTime') ? text.slice(0, 19) : text.slice(0, 10)
}

const formatNested = (value: unknown, type: string): string => {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'string') return `'${escapeText(value)}'`
  if (value instanceof Date) return `'${formatDate(value, type)}'`
  return formatParameter(value, type)
}

const formatNumber = (value: number): string => {
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)
    throw new Error('A whole number beyond 2^53 is not exact: bind a bigint or text')
  return String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
}

/** A value as the text both engines parse as a parameter: escaped at the top level, quoted inside a container. */
export function formatParameter(value: unknown, type: string): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return formatDate(value, type)
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${Array.from(value as ArrayLike<unknown>, (item) => formatNested(item, type)).join(',')}]`
  const entries = value instanceof Map ? [...value] : Object.entries(value as object)
  return `{${entries.map(([key, item]) => `${formatNested(key, type)}:${formatNested(item, type)}`).join(',')}}`
}

/** Renders a fragment with each parameter as text. */
export function renderQuery(fragment: Sql): { query: string; params: Record<string, string> } {
  const { query, params } = renderClickHouse(fragment)
  const texts = Object.entries(params).map(([name, value], index) => [
    name,
    formatParameter(value, (fragment.values[index] as TypedValue).type),
  ])
  return { query, params: Object.fromEntries(texts) }
}

/** A value as `@clickhouse/client` takes it: it escapes text itself, and would send dates in a form DateTime refuses. */
const clientValue = (value: unknown, type: string): unknown => {
  if (value instanceof Date) return formatDate(value, type)
  if (typeof value === 'number') formatNumber(value)
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, (item) => clientValue(item, type))
  if (typeof value !== 'object' || value === null) return value
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return new Map(entries.map(([key, item]) => [key, clientValue(item, type)]))
}

/** Renders a fragment with each parameter as a value for `@clickhouse/client`. */
export function renderClientQuery(fragment: Sql): { query: string; params: Record<string, unknown> } {
  const { query, params } = renderClickHouse(fragment)
  const values = Object.entries(params).map(([name, value], index) => [
    name,
    clientValue(value, (fragment.values[index] as TypedValue).type),
  ])
  return { query, params: Object.fromEntries(values) }
}
