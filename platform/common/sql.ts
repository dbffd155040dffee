/**
 * SQL as a tagged template: text is text, everything interpolated is a bound parameter or another fragment.
 * One shape serves both engines; each engine renders it its own way.
 */
export type Sql = {
  readonly kind: 'sql'
  readonly text: readonly string[]
  readonly values: readonly unknown[]
}

const isSql = (value: unknown): value is Sql =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'sql'

/** Builds a fragment. Interpolated fragments are spliced in, any other value stays a parameter. */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  const text: string[] = [strings[0] ?? '']
  const bound: unknown[] = []
  values.forEach((value, index) => {
    const tail = strings[index + 1] ?? ''
    if (isSql(value)) {
      text[text.length - 1] += value.text[0] ?? ''
      for (let part = 1; part < value.text.length; part += 1) {
        bound.push(value.values[part - 1])
        text.push(value.text[part] ?? '')
      }
      text[text.length - 1] += tail
    } else {
      bound.push(value)
      text.push(tail)
    }
  })
  return { kind: 'sql', text, values: bound }
}

const identifierPattern = /^[a-z_][a-z0-9_]*$/

/** A table or column name of ours. Throws unless it is a plain lower-case identifier. */
export function identifier(name: string): Sql {
  if (!identifierPattern.test(name)) throw new Error(`Not an SQL identifier: ${JSON.stringify(name)}`)
  return { kind: 'sql', text: [name], values: [] }
}

/** Joins fragments with a fragment between them; the empty list gives the empty fragment. */
export function joinSql(parts: readonly Sql[], separator: Sql): Sql {
  return parts.reduce<Sql>(
    (joined, part, index) => (index === 0 ? part : sql`${joined}${separator}${part}`),
    { kind: 'sql', text: [''], values: [] },
  )
}

/** Renders for PostgreSQL: `$1`, `$2` … */
export function renderPostgres(fragment: Sql): { text: string; values: unknown[] } {
  const text = fragment.text.reduce((out, part, index) => (index === 0 ? part : `${out}$${index}${part}`), '')
  return { text, values: [...fragment.values] }
}

/** A ClickHouse parameter with its type, as in `{p0:UInt32}`. */
export type TypedValue = { readonly kind: 'typed'; readonly type: string; readonly value: unknown }

/** Binds a value with a ClickHouse type of our own choosing (never one taken from input). */
export const typed = (type: string, value: unknown): TypedValue => ({ kind: 'typed', type, value })

/** Renders for ClickHouse: every value must be made with `typed`. */
export function renderClickHouse(fragment: Sql): { query: string; params: Record<string, unknown> } {
  const params: Record<string, unknown> = {}
  let query = fragment.text[0] ?? ''
  fragment.values.forEach((value, index) => {
    const bound = value as TypedValue
    if (bound?.kind !== 'typed') throw new Error(`ClickHouse parameter ${index} has no type`)
    params[`p${index}`] = bound.value
    query += `{p${index}:${bound.type}}${fragment.text[index + 1] ?? ''}`
  })
  return { query, params }
}
