import { type Approvals, contentHash } from '#features/approvals/server/index.ts'
import type { CampaignBody } from '#features/campaigns/common/campaign.ts'
import type { Materials } from '#features/campaigns/server/campaign-material.ts'
import { asOwn, lockCampaign, stateAfter, updateCampaign } from '#features/campaigns/server/campaign-store.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'

/** Says what becomes of a campaign whose approval is decided, or void because something behind it has changed. */
export function defineCampaignApproval(deps: {
  approvals: Pick<Approvals, 'define'>
  materials: Materials
  clock: Clock
}): void {
  const { approvals, materials, clock } = deps
  approvals.define('campaign', {
    nameOf: (body) => (body as CampaignBody).name,
    lock: lockCampaign,
    currentHash: async ({ body }, ownerOrgId) =>
      contentHash(await materials.of(body as CampaignBody, ownerOrgId)),
    async onDecided(tx, { key }, outcome) {
      const campaign = asOwn(await lockCampaign(tx, key), outcome)
      const state = stateAfter(campaign, outcome)
      await updateCampaign(tx, campaign, sql`state = ${state}`, clock.now())
      return { from: campaign.state, to: state }
    },
  })
}
