import { defineText } from '#platform/web/text.ts'

export const coverageText = defineText({
  title: ['覆盖', 'Coverage'],
  hint: [
    '每位活跃客户都应处在且只处在一个生命周期状态，并至少有一个在运行的策略。',
    'Every active customer should be in exactly one lifecycle state and have at least one live strategy.',
  ],
  active: ['活跃客户', 'Active customers'],
  activeHint: ['状态为“正常”的客户，在您的范围内。', 'Customers in the state "active", in your scope.'],
  uncovered: ['无策略客户', 'Without a strategy'],
  uncoveredHint: [
    '不在任何运行中活动的受众里（含对照组），没有未完成的任务，也不在标记为已覆盖的客群里。',
    'In the audience of no running campaign (hold-outs included), with no open task, in no segment marked as covered.',
  ],
  covered: ['有策略客户', 'With a strategy'],
  why: (campaign: string, task: string, segment: string) => [
    `活动 ${campaign} · 任务 ${task} · 客群 ${segment}`,
    `campaigns ${campaign} · tasks ${task} · segments ${segment}`,
  ],
  withoutState: ['无生命周期状态', 'In no lifecycle state'],
  withoutStateHint: [
    '违规：活跃却没有状态。同时处在多个状态不可能发生：一个标签对一位客户只有一个值。',
    'A violation: active and in no state. Several at once cannot be: a tag has one value a customer.',
  ],
  noTag: (tag: string) => [
    `标签 ${tag} 还没有值，暂时看不到生命周期状态。`,
    `The tag ${tag} has no values yet, so lifecycle states cannot be seen.`,
  ],
  lifecycle: ['生命周期标签', 'Lifecycle tag'],
  segments: ['视为已覆盖的客群', 'Segments that count as covered'],
  level: ['机构层级', 'Org level'],
  branch: ['分行', 'Branch'],
  sub_branch: ['支行', 'Sub-branch'],
  outlet: ['网点', 'Outlet'],
  state: ['状态', 'State'],
  none: ['（无状态）', '(none)'],
  tier: ['层级', 'Tier'],
  org: ['机构', 'Org unit'],
  otherOrg: ['（上级机构）', '(above that level)'],
  share: ['未覆盖率', 'Uncovered share'],
  finding: (share: string, worst: string) => [
    `${share} 的活跃客户没有策略，最多的是${worst}`,
    `${share} of active customers have no strategy, most of them ${worst}`,
  ],
  allCovered: ['所有活跃客户都有策略', 'Every active customer has a strategy'],
  campaigns: ['运行中的活动', 'Running campaigns'],
  others: (n: number) => [`另有 ${n} 个其他机构的活动`, `and ${n} of other units`],
})
