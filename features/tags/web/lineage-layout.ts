import type { Lineage } from '../common/tag-catalogue.ts'

type Node = Lineage['nodes'][number]
export type PlacedNode = { node: Node; x: number; y: number }
export type PlacedEdge = { id: string; path: string }

export const nodeWidth = 148
export const nodeHeight = 38
const gapX = 56
const gapY = 12
const margin = 4

/** Puts each step of a lineage in a column, from sources at the left to uses at the right, and draws curves between. */
export function layOut({ nodes, edges }: Pick<Lineage, 'nodes' | 'edges'>): {
  nodes: PlacedNode[]
  edges: PlacedEdge[]
  width: number
  height: number
} {
  const layers = [...new Set(nodes.map((node) => node.layer))].sort((one, other) => one - other)
  const columns = layers.map((layer) => nodes.filter((node) => node.layer === layer))
  const tallest = Math.max(1, ...columns.map((column) => column.length))
  const height = tallest * (nodeHeight + gapY) - gapY + 2 * margin
  const placed = columns.flatMap((column, nth) => {
    const top = (height - (column.length * (nodeHeight + gapY) - gapY)) / 2
    return column.map((node, row) => ({
      node,
      x: margin + nth * (nodeWidth + gapX),
      y: top + row * (nodeHeight + gapY),
    }))
  })
  const of = new Map(placed.map((one) => [one.node.id, one]))
  return {
    nodes: placed,
    edges: edges.flatMap(({ from, to }) => {
      const [start, end] = [of.get(from), of.get(to)]
      if (!start || !end) return []
      const [x1, y1] = [start.x + nodeWidth, start.y + nodeHeight / 2]
      const [x2, y2] = [end.x, end.y + nodeHeight / 2]
      const bend = Math.max(24, Math.abs(x2 - x1) / 2)
      return [
        { id: `${from} ${to}`, path: `M ${x1} ${y1} C ${x1 + bend} ${y1}, ${x2 - bend} ${y2}, ${x2} ${y2}` },
      ]
    }),
    width: columns.length * (nodeWidth + gapX) - gapX + 2 * margin,
    height,
  }
}
