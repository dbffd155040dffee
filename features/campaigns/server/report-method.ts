import type { CampaignRow } from '#features/campaigns/server/campaign-store.ts'

const common =
  '意向性分析：按开始时的分组计入每一位符合条件的客户，不论是否触达。转化率之差采用 Newcombe–Wilson 法的 95% 区间。' +
  'Intention to treat: every eligible customer counts in the arm assigned at the start, reached or not. ' +
  'Differences of rates have 95 % Newcombe–Wilson intervals.'

const aum =
  ' 管理资产（AUM）按期初分层比较，并以期前余额校正（CUPED），95% 区间；人数不足的层只给人数。' +
  'AUM is compared within opening tiers and adjusted for the balance before (CUPED), with 95 % intervals; ' +
  'tiers with too few customers give counts only.'

const noEvent = ' 本活动的目标是 AUM，不计转化。The objective is AUM, so no conversion is counted.'

const imported =
  ' 结果由导入的活动自带；分组若非随机，差异不一定由活动造成。' +
  'Contacts and outcomes came with the imported campaign; where its arms were not drawn at random, a difference need ' +
  'not be its effect.'

/** How the numbers of a report come about, in both languages. */
export function methodText(campaign: CampaignRow): string {
  if (campaign.is_imported) return common + imported
  return 'aum' in campaign.body.objective ? common + aum + noEvent : common + aum
}
