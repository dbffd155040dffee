export { registerCampaignRoutes } from '#features/campaigns/server/campaign-routes.ts'
export {
  type CampaignDeps,
  type CampaignSummary,
  type Campaigns,
  createCampaigns,
} from '#features/campaigns/server/campaigns.ts'
export type { ImportedCampaign, ImportedMember } from '#features/campaigns/server/imported-campaigns.ts'
