const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const chunkLength = 64 * 1024

const escapeText = (text: string): string => text.replace(/[\\\t\n\r]/g, (found) => escapes[found]!)

const arrayItem = (value: unknown): string => {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return arrayLiteral(value)
  return `"${literal(value).replace(/["\\]/g, (found) => `\\${found}`)}"`
}

const arrayLiteral = (values: readonly unknown[]): string => `{${values.map(arrayItem).join(',')}}`

const literal = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  }
  return Array.isArray(value) ? arrayLiteral(value) : JSON.stringify(value)
}

const field = (value: unknown): string =>
  value === null || value === undefined ? '\\N' : escapeText(literal(value))

/** Encodes rows as COPY text in chunks of about 64 KB; an array becomes a PostgreSQL array, an object JSON. */
export async function* encodeCopy(
  width: number,
  rows: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Buffer> {
  let chunk = ''
  for await (const row of rows) {
    if (row.length !== width) throw new RangeError(`A row has ${row.length} values for ${width} columns.`)
    chunk += `${row.map(field).join('\t')}\n`
    if (chunk.length < chunkLength) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  if (chunk !== '') yield Buffer.from(chunk)
}
