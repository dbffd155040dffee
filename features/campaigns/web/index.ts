import { FlagOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import type { Campaign } from '../common/campaign.ts'

const editPage = async () => (await import('./CampaignEditPage.tsx')).CampaignEditPage

/** Pages of campaigns. */
export const campaigns: WebFeature = {
  routes: [
    {
      path: '/campaigns',
      permission: 'campaign.read',
      load: async () => (await import('./CampaignListPage.tsx')).CampaignListPage,
    },
    { path: '/campaigns/new', permission: 'campaign.write', load: editPage },
    {
      path: '/campaigns/:key',
      permission: 'campaign.read',
      load: async () => (await import('./CampaignPage.tsx')).CampaignPage,
    },
    { path: '/campaigns/:key/edit', permission: 'campaign.write', load: editPage },
  ],
  menu: [
    {
      centre: 'campaigns',
      path: '/campaigns',
      label: ['活动', 'Campaigns'],
      icon: FlagOutlined,
      permission: 'campaign.read',
      keywords: 'hd huodong fp review yingxiao',
    },
  ],
  search: [
    {
      label: ['活动', 'Campaigns'],
      permission: 'campaign.read',
      find: async (q, signal) => {
        const found = await api.get<Page<Campaign>>('/api/campaigns', { q, limit: 6 }, signal)
        return found.items.map(({ key, name }) => ({ path: `/campaigns/${key}`, title: name, hint: key }))
      },
    },
  ],
  errors: {
    CAMPAIGN_NOT_FOUND: [
      '没有这个活动，或不在您的机构范围内。',
      'No such campaign, or outside your org units.',
    ],
    CAMPAIGN_KEY_TAKEN: [
      '这个编码已被其他活动使用，请换一个。',
      'Another campaign has this key; choose another.',
    ],
    CAMPAIGN_KEY_FIXED: ['活动的编码建好后不能改。', "A campaign's key can't be changed."],
    CAMPAIGN_NOT_OWN: [
      '这个活动属于您范围以外的机构，不能修改。',
      'This campaign belongs to an org unit outside yours.',
    ],
    CAMPAIGN_STATE: [
      '活动的状态已变化，这一步现在不能做。',
      'The state of the campaign has changed; this step is not possible now.',
    ],
    CAMPAIGN_CHANGED: [
      '活动刚被其他人修改，请看过最新内容后再试。',
      'Someone changed the campaign meanwhile. Look at it again.',
    ],
    CAMPAIGN_STARTING: ['活动正在启动，请稍候。', 'The campaign is being started; wait a moment.'],
    CAMPAIGN_OVER: [
      '活动的结束时间已过，请先修改时间。',
      'The end of the campaign has passed; change its period first.',
    ],
  },
  approvals: [
    {
      objectType: 'campaign',
      label: ['活动', 'Campaign'],
      pathOf: (key) => `/campaigns/${key}`,
      load: async () => {
        const { CampaignContent, CampaignAside } = await import('./CampaignApproval.tsx')
        return { Content: CampaignContent, Aside: CampaignAside }
      },
    },
  ],
}
