/** Longer texts are never matched against a pattern. */
export const longestMatched = 500
const mostWays = 300_000

const refusedGroups = /^\(\?(?:[=!]|<[=!])/

/** How many lengths a quantifier at the start of this text may match, with its own length; undefined when there is none. */
function quantifier(rest: string): { ways: number; length: number } | undefined {
  const found = /^(?:([*+])|(\?)|\{(\d+)(?:(,)(\d*))?\})\??/.exec(rest)
  if (!found) return undefined
  const [whole, many, maybe, low = '0', comma, high] = found
  if (many) return { ways: longestMatched, length: whole.length }
  if (maybe) return { ways: 2, length: whole.length }
  const most = comma === undefined ? Number(low) : high ? Number(high) : longestMatched
  return { ways: Math.max(1, most - Number(low) + 1), length: whole.length }
}

/** Length of the atom at the start: an escape, a class, a parenthesis or one character. */
function atomLength(rest: string): number {
  if (rest[0] === '\\')
    return /^\\(?:[pPu]\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/su.exec(rest)?.[0].length ?? 1
  if (rest[0] !== '[') return rest.startsWith('(?:') ? 3 : 1
  return /^\[(?:\\.|[^\]\\])*\]/su.exec(rest)?.[0].length ?? 1
}

/**
 * Whether matching at most `longestMatched` characters ends soon, whatever they are: no group repeats, nothing looks around
 * or back, and the ways in which all quantifiers together can divide a text are few.
 */
export function isHarmlessPattern(pattern: string): boolean {
  try {
    new RegExp(`^(?:${pattern})$`, 'u')
    new RegExp(pattern, 'u')
  } catch {
    return false
  }
  let ways = 1
  for (let at = 0; at < pattern.length && ways <= mostWays; ) {
    const rest = pattern.slice(at)
    if (refusedGroups.test(rest) || /^\\(?:[1-9]|k)/.test(rest)) return false
    const isGroupEnd = rest[0] === ')'
    at += atomLength(rest)
    if (rest[0] === '|') ways *= 2
    const found = quantifier(pattern.slice(at))
    if (!found) continue
    if (isGroupEnd && found.ways > 1 && !/^\?/.test(pattern.slice(at))) return false
    if (isGroupEnd && /^\{/.test(pattern.slice(at))) return false
    ways *= found.ways
    at += found.length
  }
  return ways <= mostWays
}
