import { AuditOutlined, FlagOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import type { Campaign } from '../common/campaign.ts'

const editPage = async () => (await import('./CampaignEditPage.tsx')).CampaignEditPage

/** Pages of campaigns and of their approvals. */
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
    {
      path: '/approvals',
      permission: 'approval.read',
      load: async () => (await import('./ApprovalListPage.tsx')).ApprovalListPage,
    },
    {
      path: '/approvals/:approvalId',
      permission: 'approval.read',
      load: async () => (await import('./ApprovalPage.tsx')).ApprovalPage,
    },
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
    {
      centre: 'governance',
      path: '/approvals',
      label: ['审批', 'Approvals'],
      icon: AuditOutlined,
      permission: 'approval.read',
      keywords: 'sp shenpi fuhe',
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
    APPROVAL_NOT_FOUND: [
      '没有这条审批，或不在您的机构范围内。',
      'No such approval, or outside your org units.',
    ],
    APPROVAL_OWN: [
      '经办人不能审批自己的内容，请由其他人复核。',
      'Nobody approves what they made: someone else must decide.',
    ],
    APPROVAL_DECIDED: ['这条审批已有结论。', 'This approval is decided already.'],
    APPROVAL_CONTENT_CHANGED: [
      '内容和您看到的不一致，请刷新后重新审阅。',
      'The content is not the one you read. Reload and read it again.',
    ],
    APPROVAL_STALE: [
      '活动或它用到的客群、标签在提交后又变了，已退回草稿，需要重新提交。',
      'The campaign, or a segment or tag it uses, has changed since; it is a draft again and needs a new approval.',
    ],
  },
}
