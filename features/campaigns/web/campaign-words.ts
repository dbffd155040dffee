import { eventName } from '#features/customers/common/event-words.ts'
import type { Language, Pair } from '#platform/web/language.ts'
import type { Campaign, CampaignBody, Rung } from '../common/campaign.ts'

export type CampaignState = Campaign['state']
export const campaignStates: readonly CampaignState[] = [
  'draft',
  'submitted',
  'approved',
  'rejected',
  'running',
  'paused',
  'stopped',
  'ended',
  'closed',
]

export const stateNames: { readonly [S in CampaignState]: Pair } = {
  draft: ['草稿', 'Draft'],
  submitted: ['待审批', 'Awaiting approval'],
  approved: ['已批准', 'Approved'],
  rejected: ['已驳回', 'Rejected'],
  running: ['进行中', 'Running'],
  paused: ['已暂停', 'Paused'],
  stopped: ['已停止', 'Stopped'],
  ended: ['已结束，待复盘', 'Ended, review due'],
  closed: ['已关闭', 'Closed'],
}

export const stateColors: { readonly [S in CampaignState]: string } = {
  draft: 'default',
  submitted: 'gold',
  approved: 'cyan',
  rejected: 'error',
  running: 'processing',
  paused: 'warning',
  stopped: 'error',
  ended: 'purple',
  closed: 'success',
}

export const stages = ['decide', 'execute', 'track', 'review'] as const
export type Stage = (typeof stages)[number]

/** The stage a campaign is in now; a closed one has none left. */
export function stageOf(state: CampaignState): Stage {
  if (state === 'draft' || state === 'rejected') return 'decide'
  if (state === 'submitted' || state === 'approved') return 'execute'
  return state === 'running' || state === 'paused' ? 'track' : 'review'
}

/** Whether customers have been fixed and something may have gone out. */
export const hasStarted = (state: CampaignState): boolean =>
  ['running', 'paused', 'stopped', 'ended', 'closed'].includes(state)

type ActionName = Campaign['actions'][number]
const byUrgency: readonly ActionName[] = ['close', 'submit', 'start', 'resume', 'edit']

/** The one next action; undefined where a person has nothing to do but look. */
export const nextAction = (actions: readonly ActionName[]): ActionName | undefined =>
  byUrgency.find((action) => actions.includes(action))

/** Words for the gate's codes: what it is, and why it stops a touch. */
export const gateWords: Readonly<Record<string, { name: Pair; why: Pair }>> = {
  NO_CONSENT: {
    name: ['未同意营销', 'No marketing consent'],
    why: [
      '客户没有有效的营销授权，或已撤回。',
      'The customer has no standing consent for marketing, or withdrew it.',
    ],
  },
  DO_NOT_CONTACT: {
    name: ['勿扰名单', 'Do not contact'],
    why: ['客户在勿扰名单上。', 'The customer is on the do-not-contact list.'],
  },
  CUSTOMER_DECEASED: {
    name: ['客户已故', 'Deceased'],
    why: ['客户状态不允许营销。', "The customer's state forbids marketing."],
  },
  CUSTOMER_FROZEN: {
    name: ['客户冻结', 'Frozen'],
    why: ['客户状态不允许营销。', "The customer's state forbids marketing."],
  },
  CUSTOMER_CLOSED: {
    name: ['客户已销户', 'Closed'],
    why: ['客户状态不允许营销。', "The customer's state forbids marketing."],
  },
  CAP_REACHED: {
    name: ['达到频控上限', 'Contact cap reached'],
    why: [
      '规定时间内的营销消息已满，不再发站内信；运营位仍会展示。',
      'The messages of the window are used up: no inbox message; the slot still shows.',
    ],
  },
}

const armNames: Readonly<Record<string, Pair>> = {
  treatment: ['实验组', 'Treatment'],
  holdout: ['对照组', 'Hold-out'],
}

/** What an arm is called; imported campaigns bring their own names. */
export const armName = (arm: string): Pair => armNames[arm] ?? [arm, arm]

const units: { readonly [U in 'days' | 'hours' | 'minutes']: Pair } = {
  days: ['天', 'days'],
  hours: ['小时', 'hours'],
  minutes: ['分钟', 'minutes'],
}
type After = Extract<Rung, { kind: 'task' }>['after']

/** The number and the unit of a waiting time. */
export function splitAfter(after: After): { count: number; unit: keyof typeof units } {
  if ('days' in after) return { count: after.days, unit: 'days' }
  return 'hours' in after ? { count: after.hours, unit: 'hours' } : { count: after.minutes, unit: 'minutes' }
}
export const joinAfter = (count: number, unit: keyof typeof units): After => ({ [unit]: count }) as After

export const slotName = (slot: string): Pair =>
  slot === 'home_top' ? ['首页顶部', 'Top of the home page'] : [slot, slot]

/** One rung in a sentence. */
export function rungWords(rung: Rung, language: Language): string {
  const zh = language === 'zh'
  if (rung.kind === 'place') {
    const slot = slotName(rung.slot)[zh ? 0 : 1]
    if (zh) return `在客户端「${slot}」运营位展示${rung.inbox ? '，并发一条站内信' : ''}`
    return `Shown in the slot "${slot}"${rung.inbox ? ', with an inbox message' : ''}`
  }
  const { count, unit } = splitAfter(rung.after)
  if (zh) {
    return `点击后 ${count} ${units[unit][0]}仍未达成目标的客户，给其客户经理派任务「${rung.title}」，${rung.dueDays} 天内完成`
  }
  return `Who clicked and has not converted ${count} ${units[unit][1]} later: a task for their RM, "${rung.title}", due in ${rung.dueDays} days`
}

/** What the campaign is for, in words. */
export function objectiveWords(objective: CampaignBody['objective'], language: Language): string {
  if ('aum' in objective)
    return language === 'zh' ? '管理资产（AUM）增长' : 'Growth of assets under management (AUM)'
  const event = eventName(objective.event, language)
  return language === 'zh' ? `客户发生「${event}」` : `Customers do "${event}"`
}

/** What a report counts as success, in words; the code is an event or `aum`. */
export function outcomeWords(outcome: string, language: Language): string {
  return outcome === 'aum' ? objectiveWords({ aum: true }, language) : eventName(outcome, language)
}
