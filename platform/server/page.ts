import type { Page } from '#platform/common/http.ts'
import { httpError } from '#platform/common/http-errors.ts'

/** Cursors are opaque to clients: base64url of the sort key of the last row. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** Reads a cursor of `length` parts back; a cursor of another list is refused. */
export function decodeCursor(cursor: string | undefined, length: number): (string | number)[] | undefined {
  if (cursor === undefined) return undefined
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (
      Array.isArray(key) &&
      key.length === length &&
      key.every((part) => typeof part === 'string' || typeof part === 'number')
    ) {
      return key
    }
  } catch {
    // falls through to the one answer for every broken cursor
  }
  throw httpError('CURSOR_INVALID', {}, [
    { path: 'cursor', code: 'CURSOR_INVALID', message: 'not a cursor of this list' },
  ])
}

/** Cuts rows fetched with `limit + 1` into a page. */
export function toPage<R, T>(
  rows: readonly R[],
  limit: number,
  key: (row: R) => readonly (string | number)[],
  map: (row: R) => T,
): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items: items.map(map), nextCursor: rows.length > limit && last ? encodeCursor(key(last)) : null }
}

/** Reads the cursor of a list that ends each page at an id. */
export function idCursor(cursor: string | undefined): number | undefined {
  const [id] = decodeCursor(cursor, 1) ?? []
  if (id === undefined) return undefined
  if (typeof id === 'number' && Number.isInteger(id) && Math.abs(id) < 2 ** 31) return id
  throw httpError('CURSOR_INVALID', {})
}
