import { expect, test } from 'vitest'
import type { SequenceStep } from '../common/rule.ts'
import { moveStep, removeStep } from './sequence-steps.ts'

const more = (step: number) => ({ prop: 'amount', is: 'gt' as const, step, of: 'amount' })
const steps: SequenceStep[] = [{ did: 'a' }, { did: 'b' }, { did: 'c', where: [more(0), more(1)] }]

test('comparisons follow the steps they name', () => {
  expect(moveStep(steps, 0, 1)).toEqual([{ did: 'b' }, { did: 'a' }, { did: 'c', where: [more(1), more(0)] }])
  expect(removeStep(steps, 0)).toEqual([{ did: 'b' }, { did: 'c', where: [more(0)] }])
})

test('a comparison never names a later step', () => {
  expect(moveStep(steps, 2, 0)).toEqual([{ did: 'c' }, { did: 'a' }, { did: 'b' }])
  expect(moveStep(steps, 2, 1)).toEqual([{ did: 'a' }, { did: 'c', where: [more(0)] }, { did: 'b' }])
})
