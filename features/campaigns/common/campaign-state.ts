import type { Campaign, campaignStates } from '#features/campaigns/common/campaign.ts'
import type { Permission } from '#platform/common/access.ts'

export type CampaignState = (typeof campaignStates)[number]
type Step = { readonly from: readonly CampaignState[]; readonly to: CampaignState }

/** Every way from one state to another; there is no other. */
export const campaignSteps = {
  /** Changing what was approved voids the approval. */
  change: { from: ['draft', 'rejected', 'approved'], to: 'draft' },
  submit: { from: ['draft'], to: 'submitted' },
  withdraw: { from: ['submitted', 'approved'], to: 'draft' },
  approve: { from: ['submitted'], to: 'approved' },
  reject: { from: ['submitted'], to: 'rejected' },
  /** Something the content refers to has changed since. */
  void: { from: ['submitted', 'approved'], to: 'draft' },
  start: { from: ['approved'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  stop: { from: ['running', 'paused'], to: 'stopped' },
  end: { from: ['running', 'paused'], to: 'ended' },
  close: { from: ['stopped', 'ended'], to: 'closed' },
} as const satisfies Record<string, Step>
export type CampaignStep = keyof typeof campaignSteps

/** The state after a step, or undefined where the step isn't possible. */
export function nextState(state: CampaignState, step: CampaignStep): CampaignState | undefined {
  const { from, to }: Step = campaignSteps[step]
  return from.includes(state) ? to : undefined
}

/** Who looks at a campaign, as far as it decides what they may do. */
export type CampaignViewer = { permissions: ReadonlySet<Permission>; ownsIt: boolean }
/** `isStarting`: its audience is fixed, its start under way. `isOver`: its last day has passed. */
export type CampaignMoment = { state: CampaignState; isStarting: boolean; isOver: boolean }

const started: readonly CampaignState[] = ['running', 'paused', 'stopped', 'ended', 'closed']

/** What a person may do next with a campaign. */
export function actionsOf(moment: CampaignMoment, viewer: CampaignViewer): Campaign['actions'] {
  const may = (step: CampaignStep, permission: Permission) =>
    viewer.ownsIt && viewer.permissions.has(permission) && nextState(moment.state, step) !== undefined
  const write = 'campaign.write'
  const actions: [Campaign['actions'][number], boolean][] = [
    ['edit', may('change', write) && !moment.isStarting],
    ['submit', may('submit', write) && !moment.isOver],
    ['withdraw', may('withdraw', write) && !moment.isStarting],
    ['start', may('start', write) && !moment.isOver],
    ['pause', may('pause', write)],
    ['resume', may('resume', write) && !moment.isOver],
    ['stop', may('stop', write)],
    ['review', started.includes(moment.state) && viewer.permissions.has('report.read')],
    ['close', may('close', 'campaign.review')],
  ]
  return actions.filter(([, isPossible]) => isPossible).map(([action]) => action)
}
