type Phrase = { text: string; children: readonly Phrase[] }
export type Line = { kind: 'same' | 'added' | 'removed'; text: string }

/** A rule in words as lines, deeper ones indented. */
export const linesOf = ({ text, children }: Phrase, depth = 0): string[] => [
  `${'　'.repeat(depth)}${text}`,
  ...children.flatMap((child) => linesOf(child, depth + 1)),
]

/** Lines that came and went between two texts: what both have in the same order is the same (longest common part). */
export function lineDifference(before: readonly string[], after: readonly string[]): Line[] {
  const longest = before.map(() => Array<number>(after.length + 1).fill(0))
  longest.push(Array<number>(after.length + 1).fill(0))
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = longest[i]
      if (row) row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old !== undefined && old === fresh) {
      lines.push({ kind: 'same', text: old })
      i += 1
      j += 1
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: old })
      i += 1
    } else if (fresh !== undefined) {
      lines.push({ kind: 'added', text: fresh })
      j += 1
    }
  }
  return lines
}
