/** One value somewhere inside two JSON values. */
export type ValueRow = { path: string; before: string | null; after: string | null; isChanged: boolean }

/** Every single value of a JSON value by its path; an empty list or object counts as one. */
function leaves(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [name, item] of Object.entries(value))
      leaves(item, path === '' ? name : `${path}.${name}`, into)
  } else if (value !== undefined && !(value === null && path === '')) {
    into.set(path, typeof value === 'string' ? value : JSON.stringify(value))
  }
}

/** Two JSON values value by value, in the order of the later one. */
export function valueDiff(before: unknown, after: unknown): ValueRow[] {
  const old = new Map<string, string>()
  const now = new Map<string, string>()
  leaves(before, '', old)
  leaves(after, '', now)
  return [...new Set([...now.keys(), ...old.keys()])].map((path) => {
    const was = old.get(path) ?? null
    const is = now.get(path) ?? null
    return { path, before: was, after: is, isChanged: was !== is }
  })
}
