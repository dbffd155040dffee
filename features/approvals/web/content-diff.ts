import type { Pair } from '#platform/web/language.ts'

/** One thing a content says, as people read it. */
export type ContentRow = { key: string; label: Pair; text: string }
/** The same in two contents. */
export type DiffRow = {
  key: string
  label: Pair
  before: string | null
  after: string | null
  isChanged: boolean
}

/** Two contents row by row: what both have keeps its place, what one lacks is null there. */
export function diffRows(before: readonly ContentRow[], after: readonly ContentRow[]): DiffRow[] {
  const old = new Map(before.map((row) => [row.key, row.text]))
  const rows: DiffRow[] = after.map(({ key, label, text }) => {
    const was = old.get(key) ?? null
    return { key, label, before: was, after: text, isChanged: was !== text }
  })
  const gone = before.filter((row) => !after.some(({ key }) => key === row.key))
  for (const { key, label, text } of gone) {
    const place = rows.findLastIndex((row) => row.key.split('.')[0] === key.split('.')[0])
    rows.splice(place < 0 ? rows.length : place + 1, 0, {
      key,
      label,
      before: text,
      after: null,
      isChanged: true,
    })
  }
  return rows
}

/** Numbers and Latin words whole, everything else sign by sign: half a number is no change to read. */
const piecesOf = (text: string): string[] => text.match(/[A-Za-z0-9.,]+|[\s\S]/gu) ?? []

/** Two texts cut where they differ: what they share at both ends, and what one has in the middle for the other's. */
export type Change = { start: string; removed: string; added: string; end: string }

export function markChange(before: string, after: string): Change {
  const old = piecesOf(before)
  const now = piecesOf(after)
  const shortest = Math.min(old.length, now.length)
  let from = 0
  while (from < shortest && old[from] === now[from]) from += 1
  let tail = 0
  while (tail < shortest - from && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1
  return {
    start: now.slice(0, from).join(''),
    removed: old.slice(from, old.length - tail).join(''),
    added: now.slice(from, now.length - tail).join(''),
    end: now.slice(now.length - tail).join(''),
  }
}
