import { visitorOf } from '#features/ingest/server/index.ts'
import { publicKey, type TestIngest, testNow, trustedKey } from '#features/ingest/server/ingest-testing.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'

/** What happens, in words; times are minutes. See `steps` for the words. */
export type Scenario = { name: string; steps: readonly string[]; outcome: Readonly<Record<string, string>> }

type Step = [pattern: RegExp, run: (world: World, ...parts: string[]) => Promise<unknown>]

const at = (minute: string) =>
  new Date(Date.parse('2026-03-01T00:00:00Z') + Number(minute) * 60_000).toISOString()

/** Names of one scenario are no other's: all run on the same engines. */
function createWorld(t: TestIngest, nth: number) {
  const own = (name: string) => `${name}-${nth}`
  const sent: { key: string; message: object }[] = []
  const send = async (key: string, message: object) => {
    const whole = { type: 'track', event: 'e', messageId: `${nth}-${sent.length}`, ...message }
    sent.push({ key, message: whole })
    const answer = await t.batch([whole], key)
    if (answer.body.accepted !== 1) throw new Error(JSON.stringify(answer.body))
  }
  const identities = (text: string) => ({ [text.split(':')[0] ?? '']: own(text.split(':')[1] ?? '') })
  const bank = (customerNo: string) => t.bank.sign(own(customerNo), { iat: Date.parse(testNow) / 1000 })
  return { t, own, sent, send, identities, bank, unload: 0 }
}
type World = ReturnType<typeof createWorld>

const load = ({ t }: World) => t.ingest.flush(30)

/** The words of a step. */
const steps: readonly Step[] = [
  [
    /^(\w+) does (\d+) at (\d+)$/,
    (w, device, n, time) =>
      w.send(publicKey, { anonymousId: w.own(device), properties: { n }, timestamp: at(time) }),
  ],
  [
    /^(\w+) with (\w+)'s token does (\d+) at (\d+)$/,
    async (w, device, no, n, time) =>
      w.send(publicKey, {
        ...{ anonymousId: w.own(device), properties: { n }, timestamp: at(time) },
        context: { token: await w.bank(no) },
      }),
  ],
  [
    /^number (\w+) does (\d+) at (\d+)$/,
    (w, no, n, time) => w.send(trustedKey, { userId: w.own(no), properties: { n }, timestamp: at(time) }),
  ],
  [
    /^(\w+) logs in as (\w+) at (\d+)$/,
    (w, device, no, time) =>
      w.send(trustedKey, {
        type: 'identify',
        userId: w.own(no),
        anonymousId: w.own(device),
        timestamp: at(time),
      }),
  ],
  [
    /^(\w+) logs out at (\d+)$/,
    (w, device, time) =>
      w.send(publicKey, { event: 'logged_out', anonymousId: w.own(device), timestamp: at(time) }),
  ],
  [
    /^(\w+) becomes (\w+) at (\d+)$/,
    (w, device, no, time) =>
      w.send(trustedKey, {
        type: 'alias',
        userId: w.own(no),
        previousId: w.own(device),
        timestamp: at(time),
      }),
  ],
  [
    /^(\w+:\w+) does (\d+) at (\d+)$/,
    (w, id, n, time) =>
      w.send(trustedKey, { identities: w.identities(id), properties: { n }, timestamp: at(time) }),
  ],
  [
    /^(\w+:\w+) and (\w+:\w+) do (\d+) at (\d+)$/,
    (w, one, two, n, time) =>
      w.send(trustedKey, {
        ...{ identities: { ...w.identities(one), ...w.identities(two) } },
        ...{ properties: { n }, timestamp: at(time) },
      }),
  ],
  [
    /^number (\w+) has (\w+:\w+) at (\d+)$/,
    (w, no, id, time) =>
      w.send(trustedKey, {
        type: 'identify',
        userId: w.own(no),
        identities: w.identities(id),
        timestamp: at(time),
      }),
  ],
  [
    /^a stranger claims (\w+:\w+) and does (\d+) at (\d+)$/,
    (w, id, n, time) =>
      w.send(publicKey, {
        ...{ anonymousId: w.own('stranger'), identities: w.identities(id) },
        ...{ properties: { n }, timestamp: at(time) },
      }),
  ],
  [
    /^the bank's file says (\w+) has (\w+) (\w+)$/,
    async (w, no, kind, value) => {
      await w.t.pg.transaction((tx) =>
        w.t.customers.upsertCustomers(tx, [
          { customerNo: w.own(no), identities: [{ kind, value: w.own(value) }] },
        ]),
      )
      await w.t.customers.syncCustomers()
    },
  ],
  [
    /^(\w+) and (\w+) own account (\w+) together$/,
    async (w, one, two, account) => {
      await w.t.pg.transaction(async (tx) => {
        const [first = 0, second = 0] = await w.t.customers.upsertCustomers(tx, [
          { customerNo: w.own(one) },
          { customerNo: w.own(two) },
        ])
        await w.t.customers.addLinks(tx, [
          { customerId: first, linkedCustomerId: second, relation: 'joint_owner', reference: w.own(account) },
        ])
      })
    },
  ],
  [
    /^everything is sent again$/,
    async (w) => {
      for (const { key, message } of [...w.sent]) await w.t.batch([message], key)
    },
  ],
  [
    /^message (\d+) is sent again as (\w+)'s$/,
    (w, n, no) => w.t.batch([{ ...w.sent[Number(n)]?.message, userId: w.own(no) }]),
  ],
  [/^all is loaded$/, load],
  [/^the process is killed$/, (w) => w.t.restart()],
  [
    /^the warehouse forgets what was applied$/,
    (w) => w.t.pg.execute(sql`UPDATE visitor_binding SET applied_at = NULL`),
  ],
  [
    /^(\w+) was never (\w+)'s$/,
    async (w, device, no) => {
      await load(w)
      const visitor = String(visitorOf(w.own(device)))
      await w.t.ingest.identity.undo('hq', scopeOfEveryone, w.own(no), { visitor, reason: 'wrong person' })
    },
  ],
  [
    /^(\w+) is merged into (\w+)$/,
    async (w, from, to) => {
      await load(w)
      const input = { from: w.own(from), to: w.own(to), reason: 'same person' }
      await w.t.ingest.identity.merge('hq', scopeOfEveryone, input)
    },
  ],
  [
    /^(\w+) is split off$/,
    async (w, from) => {
      await load(w)
      await w.t.ingest.identity.split('hq', scopeOfEveryone, w.own(from), 'two persons')
    },
  ],
  [
    /^the merge is only decided: (\w+) into (\w+)$/,
    async (w, from, to) => {
      await load(w)
      const { customers } = w.t
      const [one, two] = [
        await customers.getOwnByNo(scopeOfEveryone, w.own(from)),
        await customers.getOwnByNo(scopeOfEveryone, w.own(to)),
      ]
      await customers.merges.merge('hq', { from: one, to: two, reason: 'same person' })
    },
  ],
]

async function runStep(world: World, text: string): Promise<void> {
  for (const [pattern, run] of steps) {
    const found = pattern.exec(text)
    if (found) {
      await run(world, ...found.slice(1))
      return
    }
  }
  throw new Error(`no step reads "${text}"`)
}

/** Runs a scenario; gives what each customer has done, by the numbers of the events, each as often as it counts. */
export async function runScenario(t: TestIngest, scenario: Scenario, nth: number) {
  const world = createWorld(t, nth)
  for (const step of scenario.steps) await runStep(world, step)
  const events = (await t.events()).filter((event) => event.name === 'e')
  const counted = Object.keys(scenario.outcome).map((customer) => {
    const own = events.filter((event) => event.customerNo === world.own(customer))
    return [
      customer,
      own
        .map((event) => Number(event.props.n))
        .sort((a, b) => a - b)
        .join(' '),
    ]
  })
  const known = new Set(Object.keys(scenario.outcome).map(world.own))
  const others = events.filter(
    (event) => event.customerNo.endsWith(`-${nth}`) && !known.has(event.customerNo),
  )
  return {
    ...Object.fromEntries(counted),
    ...(others.length > 0 && { others: others.map((one) => one.customerNo) }),
  }
}
