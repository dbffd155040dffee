import type { RunMode } from '#features/tags/common/tag-run.ts'
import type { TagRow } from '#features/tags/server/tag-store.ts'

/** Tags of one scan; those of a level need only tags of the levels before it. */
export type PlannedStep = { level: number; name: string; mode: RunMode; rows: TagRow[] }

export type PlanInput = {
  rows: readonly TagRow[]
  /** Keys of the tags a tag is computed from. */
  usedBy: (row: TagRow) => readonly string[]
  /** Tags with the same text share a scan. */
  groupOf: (row: TagRow) => string
  modeOf: (row: TagRow) => RunMode
  customers: number
}

/** What one scan may hold of all its customers at once, and what a tag and customer take of it, measured. */
const scanBytes = 3_000_000_000
const bytesOfOne = 24
/** More than this a scan are slower, not faster: the conditions of each are looked at for every row. */
const mostTogether = 100

/** How many times a plain counter's memory a tag takes: some keep texts or whole sets. */
export function weightOf(row: TagRow): number {
  const agg = 'agg' in row.source ? row.source.agg : undefined
  if (agg === undefined || agg === 'count' || agg === 'sum' || agg === 'avg') return 1
  return agg === 'min' || agg === 'max' || agg === 'first' || agg === 'last' ? 2 : 5
}

/** Cuts a group so that no scan holds too much at once. */
function cut(rows: readonly TagRow[], customers: number): TagRow[][] {
  const most = Math.max(1, Math.min(mostTogether, scanBytes / (bytesOfOne * Math.max(customers, 1))))
  const parts: TagRow[][] = []
  let [part, weight]: [TagRow[], number] = [[], 0]
  for (const row of rows) {
    if (part.length > 0 && (weight + weightOf(row) > most || part.length >= mostTogether)) {
      parts.push(part)
      ;[part, weight] = [[], 0]
    }
    part.push(row)
    weight += weightOf(row)
  }
  return part.length > 0 ? [...parts, part] : parts
}

/** Peels off nodes all of whose neighbours are gone; gives them in rounds. */
function peel(waiting: Set<string>, neighbours: (key: string) => readonly string[]): string[][] {
  const rounds: string[][] = []
  for (;;) {
    const round = [...waiting].filter((key) => !neighbours(key).some((other) => waiting.has(other)))
    if (round.length === 0) return rounds
    for (const key of round) waiting.delete(key)
    rounds.push(round)
  }
}

/** Levels by what needs what; whoever needs itself, over however many, is in `cyclic` and in no level. */
export function levelsOf(used: ReadonlyMap<string, readonly string[]>): {
  levels: Map<string, number>
  cyclic: string[]
} {
  const users = new Map<string, string[]>()
  for (const [key, keys] of used)
    for (const other of keys) users.set(other, [...(users.get(other) ?? []), key])
  const inner = new Set(used.keys())
  peel(inner, (key) => used.get(key) ?? [])
  peel(inner, (key) => users.get(key) ?? [])
  const waiting = new Set([...used.keys()].filter((key) => !inner.has(key)))
  const levels = new Map<string, number>()
  peel(waiting, (key) => used.get(key) ?? []).forEach((round, level) => {
    for (const key of round) levels.set(key, level)
  })
  return { levels, cyclic: [...inner] }
}

/** Steps in the order they may be done, and tags that would need themselves. */
export function planSteps(input: PlanInput): { steps: PlannedStep[]; cyclic: string[] } {
  const { levels, cyclic } = levelsOf(new Map(input.rows.map((row) => [row.key, input.usedBy(row)])))
  const groups = new Map<string, { level: number; name: string; mode: RunMode; rows: TagRow[] }>()
  for (const row of input.rows) {
    const level = levels.get(row.key)
    if (level === undefined) continue
    const [name, mode] = [input.groupOf(row), input.modeOf(row)]
    const id = JSON.stringify([level, mode, name])
    const group = groups.get(id) ?? { level, name, mode, rows: [] }
    group.rows.push(row)
    groups.set(id, group)
  }
  const steps = [...groups.values()]
    .sort((one, other) => one.level - other.level)
    .flatMap((group) => cut(group.rows, input.customers).map((rows) => ({ ...group, rows })))
  return { steps, cyclic }
}
