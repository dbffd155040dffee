import type { Scenario } from '#features/ingest/server/identity-scenario-testing.ts'

/** Whom ids of other systems name. */
export const idScenarios: readonly Scenario[] = [
  {
    name: 'an open id is late-bound like a device',
    steps: ['openId:x does 1 at 1', 'number A has openId:x at 5', 'openId:x does 2 at 6'],
    outcome: { A: '1 2' },
  },
  {
    name: 'an id the bank’s own data name resolves at once',
    steps: ["the bank's file says A has external_user_id w", 'wecomExternalUserId:w does 1 at 1'],
    outcome: { A: '1' },
  },
  {
    name: 'what waited for the bank’s data is found at the next start',
    steps: [
      'unionId:u does 1 at 1',
      'all is loaded',
      "the bank's file says A has union_id u",
      'the process is killed',
      'number A does 2 at 2',
    ],
    outcome: { A: '1 2' },
  },
  {
    name: 'one known id makes the other known',
    steps: [
      'unionId:u does 1 at 1',
      'number A has openId:o at 2',
      'all is loaded',
      'unionId:u and openId:o do 2 at 3',
      'all is loaded',
      'unionId:u does 3 at 4',
    ],
    outcome: { A: '1 2 3' },
  },
  {
    name: 'an id two customers have is nobody’s',
    steps: [
      "the bank's file says A has phone 13800001234",
      "the bank's file says B has phone 13800001234",
      'phone:13800001234 does 1 at 1',
    ],
    outcome: { A: '', B: '' },
  },
  {
    name: 'an id claimed by a public source is not believed',
    steps: ['number A has openId:x at 1', 'a stranger claims openId:x and does 1 at 2'],
    outcome: { A: '' },
  },
  {
    name: 'joint owners of an account are two persons',
    steps: [
      'A and B own account J together',
      'p logs in as A at 1',
      'p does 1 at 2',
      'q logs in as B at 1',
      'q does 2 at 2',
      'number A does 3 at 3',
    ],
    outcome: { A: '1 3', B: '2' },
  },
]
