import type { OrgUnitInput } from '#features/org/server/index.ts'

/**
 * The units of a file as the tree takes them: one row a code, the later counts; units without a parent lie below head
 * office. A bank has one head office: what a file calls so is the one there is, whatever code the file gives it.
 */
export function unitsToWrite(
  rows: readonly OrgUnitInput[],
  headOffice: { orgId: number; code: string } | undefined,
): { units: OrgUnitInput[]; aliases: Map<string, number> } {
  const byCode = new Map(rows.map((unit) => [unit.code, unit]))
  const aliases = new Map<string, number>()
  if (headOffice) {
    for (const { code, kind } of byCode.values()) {
      if (kind === 'head_office' && code !== headOffice.code) aliases.set(code, headOffice.orgId)
    }
  }
  const root =
    headOffice?.code ?? [...byCode.values()].find((unit) => unit.kind === 'head_office')?.code ?? null
  const units = [...byCode.values()]
    .filter((unit) => !aliases.has(unit.code))
    .map((unit) => {
      if (unit.code === root) return { ...unit, parentCode: null }
      const parent = unit.parentCode
      return { ...unit, parentCode: parent === null || aliases.has(parent) ? root : parent }
    })
  return { units, aliases }
}
