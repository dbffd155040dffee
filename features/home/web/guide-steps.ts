import type { Permission } from '#platform/common/access.ts'
import type { Pair } from '#platform/web/language.ts'

/** One step of the guided task. `demoUser` is who does it in the demo bank. */
export type GuideStep = {
  key: string
  title: Pair
  hint: Pair
  to: string
  permission: Permission
  demoUser?: string
  /** Opens the customer's pages instead of a page of the console. */
  isOutside?: boolean
}

export const guideSteps: readonly GuideStep[] = [
  {
    key: 'segment',
    title: ['圈出沉睡客户', 'Choose dormant customers'],
    hint: [
      '新建客群：近 30 天没有登录。看预计人数，调到一千人左右。',
      'New segment: no login in the last 30 days. Watch the estimate and tune it to about a thousand.',
    ],
    to: '/segments/new',
    permission: 'segment.write',
    demoUser: 'hq',
  },
  {
    key: 'campaign',
    title: ['建一个唤醒活动', 'Plan a campaign'],
    hint: [
      '选这个客群，写好权益，留 10% 对照组，再提交审批。',
      'Take that segment, write the offer, hold out 10 %, submit for approval.',
    ],
    to: '/campaigns/new',
    permission: 'campaign.write',
    demoUser: 'hq',
  },
  {
    key: 'approve',
    title: ['换一个人审批', 'Have someone else approve'],
    hint: [
      '经办不能复核自己的活动；批的是这一份内容。',
      'A maker is never the checker; the approval is of exactly this content.',
    ],
    to: '/approvals',
    permission: 'approval.decide',
    demoUser: 'checker',
  },
  {
    key: 'start',
    title: ['启动活动', 'Start the campaign'],
    hint: [
      '名单按此刻的规则确定，对照组随即固定。',
      'The rule decides now who is in; the hold-out is fixed with it.',
    ],
    to: '/campaigns',
    permission: 'campaign.write',
    demoUser: 'hq',
  },
  {
    key: 'phone',
    title: ['在客户手机上看到并点击', "See it on the customer's phone and click"],
    hint: [
      '打开客户端，成为名单里的一位客户，点开首页运营位。',
      "Open the customer's page, become one of the customers, click the slot.",
    ],
    to: '/h5/',
    permission: 'segment.read',
    isOutside: true,
  },
  {
    key: 'task',
    title: ['客户经理跟进', 'The RM follows up'],
    hint: [
      '点了没转化的客户会变成客户经理的任务。',
      'Who clicked and did not convert becomes a task for their RM.',
    ],
    to: '/tasks',
    permission: 'task.work',
    demoUser: 'rm',
  },
  {
    key: 'review',
    title: ['复盘：值多少', 'Review what it was worth'],
    hint: [
      '看实验组与对照组的差异和区间，写下结论后关闭。',
      'Read the difference between the arms with its interval, write what was learned, close it.',
    ],
    to: '/campaigns',
    permission: 'campaign.review',
    demoUser: 'hq',
  },
]
