import type { Material } from '#features/approvals/server/index.ts'
import type { CampaignBody } from '#features/campaigns/common/campaign.ts'
import type { Audience } from '#features/campaigns/server/audience.ts'

export type Materials = ReturnType<typeof createMaterials>

/** What a campaign's approval is about, as it is now. */
export function createMaterials({ audience }: { audience: Audience }) {
  const of = async (body: CampaignBody, ownerOrgId: number): Promise<Material<CampaignBody>> => ({
    body,
    ownerOrgId,
    references: await audience.references(body.audience),
  })
  return {
    of,
    /** As `of`; throws where the audience can't be evaluated, so that a draft says so at once. */
    async check(body: CampaignBody, ownerOrgId: number): Promise<Material<CampaignBody>> {
      await audience.check(body.audience)
      return of(body, ownerOrgId)
    },
  }
}
