import fc from 'fast-check'
import { expect, test } from 'vitest'
import { campaignStates } from '#features/campaigns/common/campaign.ts'
import {
  actionsOf,
  type CampaignState,
  type CampaignStep,
  campaignSteps,
  nextState,
} from '#features/campaigns/common/campaign-state.ts'
import { permissions } from '#platform/common/access.ts'

const steps = Object.keys(campaignSteps) as CampaignStep[]
const walk = fc.array(fc.constantFrom(...steps), { maxLength: 60 })

/** The steps of a walk that were possible, each with the state it led to. */
function taken(
  walked: readonly CampaignStep[],
): { step: CampaignStep; from: CampaignState; to: CampaignState }[] {
  let state: CampaignState = 'draft'
  return walked.flatMap((step) => {
    const to = nextState(state, step)
    if (!to) return []
    const move = { step, from: state, to }
    state = to
    return [move]
  })
}

test('nothing runs but what was approved and not changed, withdrawn or voided since', () => {
  fc.assert(
    fc.property(walk, (walked) => {
      let isApproved = false
      for (const { step, to } of taken(walked)) {
        if (step === 'approve') isApproved = true
        if (step === 'change' || step === 'withdraw' || step === 'void' || step === 'submit')
          isApproved = false
        if (to === 'running') expect(isApproved).toBe(true)
      }
    }),
  )
})

test('what has started never becomes a draft again, and what is closed stays closed', () => {
  const before = new Set<CampaignState>(['draft', 'submitted', 'approved', 'rejected'])
  fc.assert(
    fc.property(walk, (walked) => {
      let hasStarted = false
      for (const { from, to } of taken(walked)) {
        expect(from).not.toBe('closed')
        if (hasStarted) expect(before.has(to)).toBe(false)
        hasStarted ||= to === 'running'
      }
    }),
  )
})

test('closing needs an end before it; stopping and ending happen once', () => {
  fc.assert(
    fc.property(walk, (walked) => {
      const moves = taken(walked)
      const ends = moves.filter(({ to }) => to === 'stopped' || to === 'ended')
      expect(ends.length).toBeLessThanOrEqual(1)
      if (moves.some(({ to }) => to === 'closed')) expect(ends).toHaveLength(1)
    }),
  )
})

test('every state can be reached, and from every state but closed there is a way on', () => {
  const reached = new Set<CampaignState>(['draft'])
  for (const _ of campaignStates) {
    for (const state of [...reached]) {
      for (const step of steps) reached.add(nextState(state, step) ?? state)
    }
  }
  expect([...reached].sort()).toEqual([...campaignStates].sort())
  const stuck = campaignStates.filter((state) => steps.every((step) => nextState(state, step) === undefined))
  expect(stuck).toEqual(['closed'])
})

test('an action offered is a step that is possible, and only to those who own the campaign', () => {
  const stepOf: Partial<Record<string, CampaignStep>> = { edit: 'change' }
  const moment = fc.record({
    state: fc.constantFrom(...campaignStates),
    isStarting: fc.boolean(),
    isOver: fc.boolean(),
  })
  const viewer = fc.record({
    permissions: fc.subarray([...permissions]).map((some) => new Set(some)),
    ownsIt: fc.boolean(),
  })
  fc.assert(
    fc.property(moment, viewer, (when, who) => {
      for (const action of actionsOf(when, who)) {
        if (action === 'review') continue
        expect(nextState(when.state, stepOf[action] ?? (action as CampaignStep))).toBeDefined()
        expect(who.ownsIt).toBe(true)
      }
    }),
  )
})

test('a campaign whose start is under way can only be started', () => {
  const all = { permissions: new Set(permissions), ownsIt: true }
  expect(actionsOf({ state: 'approved', isStarting: true, isOver: false }, all)).toEqual(['start'])
  expect(actionsOf({ state: 'approved', isStarting: false, isOver: false }, all)).toEqual([
    'edit',
    'withdraw',
    'start',
  ])
})
