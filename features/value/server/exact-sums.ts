import { decimalText } from '#features/rules/common/canonical.ts'

/** Rows of the same key added up, as shards give them; whole numbers as text stay exact. */
export function addExactly<R extends object>(
  rows: readonly R[],
  keyOf: (row: R) => string,
  sums: readonly (keyof R & string)[],
): Map<string, { row: R; sums: Map<string, bigint> }> {
  const added = new Map<string, { row: R; sums: Map<string, bigint> }>()
  for (const row of rows) {
    const found = added.get(keyOf(row)) ?? { row, sums: new Map<string, bigint>() }
    for (const name of sums) found.sums.set(name, (found.sums.get(name) ?? 0n) + BigInt(String(row[name])))
    added.set(keyOf(row), found)
  }
  return added
}

/** A whole count of 10^-9 as decimal text. */
export const nano = (value: bigint): string => decimalText(value, 9)
/** A whole count of cents as decimal text with both of them. */
export const cents = (value: bigint): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
