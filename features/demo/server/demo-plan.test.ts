import { expect, test } from 'vitest'
import { demoPlan } from '#features/demo/server/demo-plan.ts'
import { PlanFile } from '#features/plan/common/plan.ts'

test('the demo bank has a plan with words in both languages', () => {
  const { events } = PlanFile.parse(demoPlan)
  expect(events.length).toBeGreaterThan(50)
  for (const { key, name } of events) expect([key, /\p{Script=Han}/u.test(name.zh)]).toEqual([key, true])
})
