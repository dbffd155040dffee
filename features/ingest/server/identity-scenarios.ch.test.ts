import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScenario, type Scenario } from '#features/ingest/server/identity-scenario-testing.ts'
import { openTestIngest, type TestIngest } from '#features/ingest/server/ingest-testing.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

const scenarios: readonly Scenario[] = [
  // A device and its customer
  {
    name: 'what a visitor did before login is the customer’s',
    steps: ['p does 1 at 1', 'p logs in as A at 5', 'p does 2 at 6'],
    outcome: { A: '1 2' },
  },
  {
    name: 'who never logs in is nobody',
    steps: ['p does 1 at 1', 'number A does 2 at 2'],
    outcome: { A: '2' },
  },
  {
    name: 'a token proves and binds from then on',
    steps: ["p with A's token does 1 at 5", 'p does 2 at 6', 'p does 3 at 1'],
    outcome: { A: '1 2 3' },
  },
  {
    name: 'an alias of a trusted source binds the device that was',
    steps: ['p does 1 at 1', 'p becomes A at 5'],
    outcome: { A: '1' },
  },
  {
    name: 'A, then B, then A on a shared device',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 10',
      'p does 2 at 15',
      'p logs in as B at 20',
      'p does 3 at 25',
      'p logs in as A at 30',
      'p does 4 at 35',
    ],
    outcome: { A: '1 2 4', B: '3' },
  },
  {
    name: 'the same, when the second login is heard of last',
    steps: [
      'p does 1 at 1',
      'p does 2 at 15',
      'p does 3 at 25',
      'p does 4 at 35',
      'p logs in as A at 10',
      'all is loaded',
      'p logs in as A at 30',
      'all is loaded',
      'p logs in as B at 20',
    ],
    outcome: { A: '1 2', B: '3 4' },
  },
  {
    name: 'two phones of one customer',
    steps: [
      'p does 1 at 1',
      'q does 2 at 2',
      'p logs in as A at 5',
      'q logs in as A at 6',
      'p does 3 at 7',
      'q does 4 at 8',
    ],
    outcome: { A: '1 2 3 4' },
  },
  // Log-out
  {
    name: 'what comes after a log-out is the visitor’s',
    steps: ['p logs in as A at 10', 'p does 1 at 15', 'p logs out at 20', 'p does 2 at 25'],
    outcome: { A: '1' },
  },
  {
    name: 'after a log-out the next login takes what nobody owned',
    steps: [
      'p logs in as A at 10',
      'p does 1 at 15',
      'p logs out at 20',
      'p does 2 at 25',
      'p logs in as B at 30',
      'p does 3 at 35',
    ],
    outcome: { A: '1', B: '2 3' },
  },
  {
    name: 'the same customer again takes it as well',
    steps: ['p logs in as A at 10', 'p logs out at 20', 'p does 1 at 25', 'p logs in as A at 30'],
    outcome: { A: '1' },
  },
  {
    name: 'a log-out heard of late takes back what came after it',
    steps: ['p logs in as A at 10', 'p does 1 at 25', 'all is loaded', 'p logs out at 20'],
    outcome: { A: '' },
  },
  {
    name: 'a late log-out before another’s login gives the gap to the other',
    steps: [
      'p logs in as A at 10',
      'p does 1 at 25',
      'p logs in as B at 30',
      'all is loaded',
      'p logs out at 20',
    ],
    outcome: { A: '', B: '1' },
  },
  {
    name: 'a log-out of somebody nobody knows changes nothing',
    steps: ['p logs out at 1', 'p does 1 at 2', 'all is loaded', 'p logs in as A at 5'],
    outcome: { A: '1' },
  },
  // Repetition and crashes
  {
    name: 'everything again changes nothing',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 10',
      'p does 2 at 15',
      'p logs in as B at 20',
      'p does 3 at 25',
      'everything is sent again',
    ],
    outcome: { A: '1 2', B: '3' },
  },
  {
    name: 'killed before loading, then everything again',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 10',
      'the process is killed',
      'p does 2 at 15',
      'everything is sent again',
      'the process is killed',
    ],
    outcome: { A: '1 2' },
  },
  {
    name: 'killed before a binding was marked as applied',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 10',
      'p does 2 at 15',
      'p logs in as B at 12',
      'all is loaded',
      'the warehouse forgets what was applied',
      'the process is killed',
    ],
    outcome: { A: '1', B: '2' },
  },
  {
    name: 'a login between two deliveries counts the message once',
    steps: [
      'p does 1 at 1',
      'all is loaded',
      'p logs in as A at 0',
      'all is loaded',
      'everything is sent again',
    ],
    outcome: { A: '1' },
  },
  // A wrong binding undone
  {
    name: 'an undone binding gives everything back to nobody',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 5',
      'p does 2 at 6',
      'number A does 3 at 7',
      "p was never A's",
    ],
    outcome: { A: '3' },
  },
  {
    name: 'undone twice is undone once',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 5',
      "p was never A's",
      "p was never A's",
      'p logs in as B at 8',
    ],
    outcome: { A: '', B: '1' },
  },
  {
    name: 'an undone binding between two of another never was',
    steps: [
      'p logs in as A at 10',
      'p does 1 at 15',
      'p logs in as B at 20',
      'p does 2 at 25',
      'p logs in as A at 30',
      'p does 3 at 35',
      "p was never B's",
    ],
    outcome: { A: '1 2 3', B: '' },
  },
  {
    name: 'what proved it before proves nothing any more',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 5',
      "p was never A's",
      'everything is sent again',
      'the process is killed',
    ],
    outcome: { A: '' },
  },
  // Ids of other systems
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
  // Numbers merged and split by the core bank
  {
    name: 'a merged number’s past and future are the survivor’s',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'A is merged into B',
      'number A does 3 at 3',
      'number B does 4 at 4',
    ],
    outcome: { A: '', B: '1 2 3 4' },
  },
  {
    name: 'a message seen under both numbers counts once',
    steps: [
      'number A does 1 at 1',
      "message 0 is sent again as B's",
      'all is loaded',
      'A is merged into B',
      'everything is sent again',
    ],
    outcome: { A: '', B: '1' },
  },
  {
    name: 'a device of a merged number is the survivor’s',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 5',
      'number B does 2 at 2',
      'A is merged into B',
      'p does 3 at 6',
      'q does 4 at 7',
      'q logs in as A at 8',
    ],
    outcome: { A: '', B: '1 2 3 4' },
  },
  {
    name: 'after a split what came under each number is its own',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'p logs in as A at 5',
      'p does 3 at 6',
      'A is merged into B',
      'number A does 4 at 7',
      'number B does 5 at 8',
      'p does 6 at 9',
      'A is split off',
    ],
    outcome: { A: '1 3 4 6', B: '2 5' },
  },
  {
    name: 'a split gives back what was seen under both to both',
    steps: [
      'number A does 1 at 1',
      "message 0 is sent again as B's",
      'all is loaded',
      'A is merged into B',
      'A is split off',
    ],
    outcome: { A: '1', B: '1' },
  },
  {
    name: 'merged, split and merged again',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'A is merged into B',
      'A is split off',
      'number A does 3 at 3',
      'A is merged into B',
      'everything is sent again',
    ],
    outcome: { A: '', B: '1 2 3' },
  },
  {
    name: 'a chain of merges ends at its last number',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'number C does 3 at 3',
      'A is merged into B',
      'B is merged into C',
      'number A does 4 at 4',
      'number B does 5 at 5',
    ],
    outcome: { A: '', B: '', C: '1 2 3 4 5' },
  },
  {
    name: 'split in the middle of a chain, what was merged before stays together',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'number C does 3 at 3',
      'A is merged into B',
      'B is merged into C',
      'B is split off',
      'number A does 4 at 4',
    ],
    outcome: { A: '', B: '1 2 4', C: '3' },
  },
  {
    name: 'two numbers in one survivor, one split off',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'number C does 3 at 3',
      "message 0 is sent again as B's",
      'all is loaded',
      'A is merged into C',
      'B is merged into C',
      'A is split off',
    ],
    outcome: { A: '1', B: '', C: '1 2 3' },
  },
  {
    name: 'killed right after a merge was decided',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'the merge is only decided: A into B',
      'the process is killed',
      'number A does 3 at 3',
    ],
    outcome: { A: '', B: '1 2 3' },
  },
  {
    name: 'events under the old number that waited in the spool',
    steps: [
      'number A does 1 at 1',
      'number B does 2 at 2',
      'the merge is only decided: A into B',
      'number A does 3 at 3',
      'all is loaded',
      'number B does 4 at 4',
    ],
    outcome: { A: '', B: '1 2 3 4' },
  },
  {
    name: 'a wrong binding of a merged number undone, then split',
    steps: [
      'p does 1 at 1',
      'p logs in as A at 5',
      'number A does 2 at 6',
      'number B does 3 at 7',
      'A is merged into B',
      "p was never B's",
      'A is split off',
    ],
    outcome: { A: '2', B: '3' },
  },
]

test.each(scenarios.map((scenario, nth) => [scenario.name, scenario, nth] as const))(
  '%s',
  async (_name, scenario, nth) => {
    expect(await runScenario(t, scenario, nth)).toEqual(scenario.outcome)
  },
)
