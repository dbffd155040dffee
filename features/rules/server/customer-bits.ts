import type { TreeNode } from '#features/rules/server/rule-tree.ts'

/** A set of customers by their place in a list, 32 to a word. */
export type Bits = Uint32Array

export const emptyBits = (size: number): Bits => new Uint32Array((size + 31) >> 5)

export const setBit = (bits: Bits, place: number): void => {
  bits[place >> 5] = (bits[place >> 5] ?? 0) | (1 << (place & 31))
}

export const clearBit = (bits: Bits, place: number): void => {
  bits[place >> 5] = (bits[place >> 5] ?? 0) & ~(1 << (place & 31))
}

export const hasBit = (bits: Bits, place: number): boolean =>
  ((bits[place >> 5] ?? 0) & (1 << (place & 31))) !== 0

type Word = (left: number, right: number) => number
const and: Word = (left, right) => left & right
const or: Word = (left, right) => left | right

const joined = (parts: readonly Bits[], start: Bits, join: Word): Bits =>
  parts.reduce((so, part) => so.map((word, at) => join(word, part[at] ?? 0)), start)

/** Whom each node holds for, given its leaves and everyone there is. Nodes stand after their parts. */
export function combineBits(nodes: readonly TreeNode[], leaves: readonly Bits[], everyone: Bits): Bits[] {
  const known: Bits[] = []
  const of = (node: number): Bits => known[node] ?? everyone
  for (const node of nodes) {
    if (node.kind === 'leaf') known.push(leaves[node.leaf] ?? everyone)
    else if (node.kind === 'not') known.push(everyone.map((word, at) => word & ~(of(node.node)[at] ?? 0)))
    else if (node.kind === 'all') known.push(joined(node.nodes.map(of), everyone, and))
    else
      known.push(
        joined(
          node.nodes.map(of),
          everyone.map(() => 0),
          or,
        ),
      )
  }
  return known
}
