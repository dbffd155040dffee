import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScenario } from '#features/ingest/server/identity-scenario-testing.ts'
import { deviceScenarios } from '#features/ingest/server/identity-scenarios-device-testing.ts'
import { mergeScenarios } from '#features/ingest/server/identity-scenarios-merges-testing.ts'
import { idScenarios } from '#features/ingest/server/identity-scenarios-other-ids-testing.ts'
import { openTestIngest, type TestIngest } from '#features/ingest/server/ingest-testing.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

const scenarios = [...deviceScenarios, ...idScenarios, ...mergeScenarios]

test.each(scenarios.map((scenario, nth) => [scenario.name, scenario, nth] as const))(
  '%s',
  async (_name, scenario, nth) => {
    expect(await runScenario(t, scenario, nth)).toEqual(scenario.outcome)
  },
)
