import type { TreeNode } from '#features/rules/server/rule-tree.ts'

/** Each layer is a subquery inside the next; the engine takes a hundred. */
export const mostLayers = 60
/** Deeper than this, an expression is cut in two. */
const deepestExpression = 12

/** The nodes directly inside. */
export const partsOf = (node: TreeNode): readonly number[] => {
  if (node.kind === 'leaf') return []
  return node.kind === 'not' ? [node.node] : node.nodes
}

/**
 * The layer in which each node is worked out as a column of its own, 0 for those written out where they are used. A node
 * used twice has one, so that a chain of segments does not double with each, and very deep ones, so that no parser gives up.
 */
export function layersOf(nodes: readonly TreeNode[]): number[] {
  const uses = nodes.map(() => 0)
  for (const node of nodes) for (const part of partsOf(node)) uses[part] = (uses[part] ?? 0) + 1
  const depth: number[] = []
  const below: number[] = []
  return nodes.map((node, index) => {
    const parts = partsOf(node)
    const inside = Math.max(0, ...parts.map((part) => depth[part] ?? 0)) + 1
    const layer = Math.max(0, ...parts.map((part) => below[part] ?? 0))
    const isOwn =
      node.kind !== 'leaf' && parts.length > 0 && ((uses[index] ?? 0) > 1 || inside > deepestExpression)
    depth[index] = isOwn ? 0 : inside
    below[index] = isOwn ? layer + 1 : layer
    return isOwn ? layer + 1 : 0
  })
}
