import type { Tag } from '#features/tags/common/tag.ts'
import { assetTemplates } from '#features/tags/server/templates/asset-templates.ts'
import { behaviourTemplates } from '#features/tags/server/templates/behaviour-templates.ts'
import { peopleTemplates } from '#features/tags/server/templates/people-templates.ts'
import type { Template } from '#features/tags/server/templates/template.ts'

export type { Template } from '#features/tags/server/templates/template.ts'

/** All templates by key. */
export const templates: readonly Template[] = [...peopleTemplates, ...assetTemplates, ...behaviourTemplates]

/** Names of the folders templates lie in. */
export const folderNames: Readonly<Record<string, Tag['name']>> = {
  basic: { zh: '基本信息', en: 'Basics' },
  lifecycle: { zh: '生命周期', en: 'Life-cycle' },
  value: { zh: '价值分层', en: 'Value' },
  tier: { zh: '资产分层', en: 'Tiers' },
  customer_class: { zh: '客群分类', en: 'Customer classes' },
  grade: { zh: '价值意愿分级', en: 'Grades' },
  rfm: { zh: 'RFM', en: 'RFM' },
  asset: { zh: '资产', en: 'Assets' },
  balance: { zh: '余额', en: 'Balances' },
  maturity: { zh: '到期', en: 'Maturity' },
  holding: { zh: '持有', en: 'Holdings' },
  behaviour: { zh: '行为', en: 'Behaviour' },
  app: { zh: '手机银行', en: 'App' },
  pages: { zh: '页面与流程', en: 'Pages and flows' },
  trade: { zh: '交易', en: 'Transactions' },
  money: { zh: '转账', en: 'Transfers' },
  salary: { zh: '代发工资', en: 'Salary' },
  purchase: { zh: '购买', en: 'Purchases' },
  marketing: { zh: '营销互动', en: 'Marketing' },
  risk: { zh: '风险测评', en: 'Risk' },
}
