import type { OrgUnit } from '../common/org.ts'

/** A unit with the units below it. */
export type OrgNode = { unit: OrgUnit; children: OrgNode[] }

/** The units as trees; a unit whose parent is not among them stands at the top, as for someone of one branch. */
export function treeOf(units: readonly OrgUnit[]): OrgNode[] {
  const nodes = new Map(units.map((unit) => [unit.orgId, { unit, children: [] as OrgNode[] }]))
  const tops: OrgNode[] = []
  for (const node of nodes.values()) {
    const parent = node.unit.parentId === null ? undefined : nodes.get(node.unit.parentId)
    if (parent) parent.children.push(node)
    else tops.push(node)
  }
  return tops
}

/** The units that match a text with all units above them, so that each is seen in its place. */
export function matchingUnits(units: readonly OrgUnit[], text: string): OrgUnit[] {
  const typed = text.trim().toLowerCase()
  if (typed === '') return [...units]
  const byId = new Map(units.map((unit) => [unit.orgId, unit]))
  const kept = new Set<number>()
  for (const unit of units) {
    if (!unit.name.toLowerCase().includes(typed) && !unit.code.toLowerCase().includes(typed)) continue
    for (let at: OrgUnit | undefined = unit; at && !kept.has(at.orgId); ) {
      kept.add(at.orgId)
      at = at.parentId === null ? undefined : byId.get(at.parentId)
    }
  }
  return units.filter((unit) => kept.has(unit.orgId))
}
