import type { Scenario } from '#features/ingest/server/identity-scenario-testing.ts'

/** Whose a device is: logins, log-outs, crashes, and bindings that were wrong. */
export const deviceScenarios: readonly Scenario[] = [
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
]
