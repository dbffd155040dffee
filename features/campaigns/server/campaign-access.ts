import type { OrgUnit } from '#features/org/common/org.ts'
import type { Org } from '#features/org/server/index.ts'
import { type Caller, type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'

export type CampaignAccess = ReturnType<typeof createCampaignAccess>

/** The org tree as campaigns ask for it. */
export type OrgTree = {
  units: readonly OrgUnit[]
  /** From the unit up to the root; empty for an unknown unit. */
  pathUp(orgId: number): OrgUnit[]
}

/** Whose campaigns a person sees and changes, and how wide a campaign's audience may be. */
export function createCampaignAccess(deps: { org: Pick<Org, 'tree'> }) {
  async function tree(): Promise<OrgTree> {
    const units = await deps.org.tree.list(scopeOfEveryone)
    const byId = new Map(units.map((unit) => [unit.orgId, unit]))
    const pathUp = (orgId: number): OrgUnit[] => {
      const unit = byId.get(orgId)
      if (!unit) return []
      return [unit, ...(unit.parentId === null ? [] : pathUp(unit.parentId))]
    }
    return { units, pathUp }
  }

  return {
    tree,

    /** Campaigns of these owners are seen: the scope's own and those of all units above it. Undefined: every owner. */
    async visibleOwners(scope: OrgScope, homeOrgId?: number): Promise<number[] | undefined> {
      if (scope.everyone) return undefined
      const { units, pathUp } = await tree()
      const own = homeOrgId === undefined ? scope.orgIds : [...scope.orgIds, homeOrgId]
      const roots = units.filter((unit) => unit.parentId === null).map((unit) => unit.orgId)
      return [...new Set([...roots, ...own, ...own.flatMap((id) => pathUp(id).map((unit) => unit.orgId))])]
    },

    /** The unit a new campaign belongs to: the person's own, or else the highest one they may make campaigns for. */
    async ownerOf(caller: Caller): Promise<number> {
      const scope = caller.scopeOf('campaign.write')
      if (isOwnerIn(scope, caller.homeOrgId)) return caller.homeOrgId
      const { pathUp } = await tree()
      const depth = (orgId: number) => pathUp(orgId).length
      return [...scope.orgIds].sort((one, other) => depth(one) - depth(other))[0] ?? caller.homeOrgId
    },

    /** The customers of a unit and of all below it. */
    async scopeOfUnit(orgId: number): Promise<OrgScope> {
      const { units, pathUp } = await tree()
      if (units.some((unit) => unit.orgId === orgId && unit.parentId === null)) return scopeOfEveryone
      const below = units.filter((unit) => pathUp(unit.orgId).some((above) => above.orgId === orgId))
      return { everyone: false, orgIds: below.map((unit) => unit.orgId), rmStaffId: null }
    },
  }
}

/** Whether what this unit owns may be changed or decided with the scope. */
export const isOwnerIn = (scope: OrgScope, orgId: number): boolean =>
  scope.everyone || scope.orgIds.includes(orgId)
