import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parseMapping } from '#features/imports/server/index.ts'
import type { TestApp } from './test-app.ts'

type Answer = Awaited<ReturnType<TestApp['send']>>

/** Customers C1 to C100. */
export const numbers = Array.from({ length: 100 }, (_, index) => index + 1)
/** A moment of each. */
export const at = (index: number) => new Date(Date.UTC(2026, 10, 1, 2, 0, index)).toISOString()

/** A hundred customers with traits and transfers, half of them after they looked around anonymously. */
const batches = (): object[][] => [
  numbers.map((n) => ({
    type: 'identify',
    userId: `C${n}`,
    messageId: `i${n}`,
    timestamp: at(n),
    traits: { job: ['clerk', 'teacher', 'farmer'][n % 3]! },
  })),
  numbers.flatMap((n) => [
    {
      type: 'track',
      event: 'transfer',
      userId: `C${n}`,
      messageId: `t${n}`,
      timestamp: at(n),
      properties: { amount: n },
    },
    {
      type: 'track',
      event: 'transfer',
      userId: `C${n}`,
      messageId: `u${n}`,
      timestamp: at(n + 1),
      properties: { amount: 2 },
    },
  ]),
  numbers
    .filter((n) => n % 2 === 0)
    .map((n) => ({
      type: 'track',
      event: 'looked',
      anonymousId: `a${n}`,
      messageId: `l${n}`,
      timestamp: at(n),
    })),
  numbers
    .filter((n) => n % 4 === 0)
    .map((n) => ({
      type: 'identify',
      userId: `C${n}`,
      anonymousId: `a${n}`,
      messageId: `b${n}`,
      timestamp: at(n + 5),
    })),
]

/** Known customers of two branches, with consent and money, as the core system would tell of them. */
async function seedCustomers({ app, clock }: TestApp): Promise<void> {
  const { pg, customers, org } = app.parts
  const units = await org.tree.list({ everyone: true, orgIds: [], rmStaffId: null })
  const orgIdOf = new Map(units.map((unit) => [unit.code, unit.orgId]))
  const ids = await pg.transaction(async (tx) => {
    const made = await customers.upsertCustomers(
      tx,
      numbers.map((n) => ({
        customerNo: `C${n}`,
        orgId: orgIdOf.get(n % 2 ? 'O1' : 'O2'),
        attributes: {},
        identities: [],
      })),
    )
    await customers.setConsents(
      tx,
      made.map((customerId) => ({
        ...{ customerId, purpose: 'marketing', isGranted: true, version: '1', channel: 'app' },
        at: clock.now(),
      })),
    )
    return made
  })
  await customers.syncCustomers()
  await customers.addBalances(
    ids.map((customerId, index) => ({
      ...{ customerId, class: 'demand', businessDate: '2026-10-01', currency: 'CNY' },
      amount: `${1_000 + index}.10`,
    })),
  )
}

const ok = async (answer: Promise<Answer>): Promise<Answer> => {
  const given = await answer
  expect(given.status, given.text).toBeLessThan(300)
  return given
}

/** A campaign over who transferred, with a holdout; some of both arms buy afterwards. */
async function runCampaign(app: TestApp): Promise<void> {
  const [hq, checker] = [await app.as('hq'), await app.as('checker')]
  await ok(hq('POST', '/api/segments', { key: 'all', name: 'all', rule: { did: 'transfer' } }))
  await ok(
    hq('POST', '/api/campaigns', {
      ...{ key: 'spring', name: 'spring', objective: { event: 'bought' }, audience: { segment: 'all' } },
      offer: { title: 'T', body: 'B', link: '/h5/products/W01' },
      rungs: [{ kind: 'place' }, { kind: 'task', after: { minutes: 0 }, title: 'call' }],
      ...{ holdoutPercent: 30, from: '2026-11-02T00:00:00Z', to: '2026-12-01T00:00:00Z' },
    }),
  )
  await ok(hq('POST', '/api/campaigns/spring/submit', {}))
  const open = await ok(checker('GET', '/api/approvals?state=open'))
  const [{ approvalId, contentHash }] = open.body.items as [{ approvalId: number; contentHash: string }]
  await ok(checker('POST', `/api/approvals/${approvalId}/approve`, { contentHash, reason: '' }))
  await app.runJob(await hq('POST', '/api/campaigns/spring/start'))
  await app.runJob(await hq('POST', '/api/campaigns/spring/advance'))
  app.clock.shift(60_000)
  const timestamp = app.clock.now().toISOString()
  const track = (event: string, of: readonly number[], properties: object) =>
    of.map((n) => ({
      ...{ type: 'track', event, userId: `C${n}`, messageId: `${event}${n}`, timestamp, properties },
    }))
  await app.send([
    ...track('slot_clicked', numbers.slice(0, 60), { campaign: 'spring', slot: 'home_top' }),
    ...track('bought', numbers.slice(20, 70), { amount: 5 }),
  ])
  app.clock.shift(60_000)
  await app.runJob(await hq('POST', '/api/campaigns/spring/advance'))
}

/** Customers and events out of a file, the file twice. */
async function runImport({ app }: TestApp, dir: string): Promise<void> {
  const file = join(dir, 'customers.csv')
  writeFileSync(file, `no,n\n${numbers.map((n) => `C${n + 50},${n}`).join('\n')}\nC7\n`)
  const customers = { into: 'customers', customerNo: 'no', attributes: { n: 'n' } }
  const events = { into: 'events', customerNo: 'no', name: { value: 'seen' }, at: { value: '2026-10-30' } }
  const text = { name: 'file', files: [{ match: '*.csv', steps: [customers, events] }] }
  const mapping = parseMapping(text, 'mapping.json')
  for (let time = 0; time < 2; time += 1)
    await app.parts.imports.run({ mapping, files: [file], actor: 'hq', again: true })
}

/** Fills a bank with everything the comparison asks for: events, tags, segments, a campaign, an import. */
export async function fillBank(app: TestApp, dir: string): Promise<void> {
  await seedCustomers(app)
  const all = batches()
  // The last batch once more: a repetition changes no count.
  for (const batch of [...all, all[1]!, all[3]!]) {
    const answer = await app.send(batch)
    expect(answer.status).toBe(200)
  }
  await app.app.parts.customers.syncCustomers()
  const hq = await app.as('hq')
  const make = async (path: string, body: object) => {
    const made = await hq('POST', path, body)
    expect(made.status, made.text).toBe(201)
    await app.runJob(await hq('POST', `${path}/${(body as { key: string }).key}/refresh`))
  }
  const tag = (key: string, type: string, source: object) => ({
    key,
    name: { zh: key, en: key },
    type,
    source,
  })
  await make('/api/tags', tag('job', 'enum', { attribute: 'job' }))
  await make('/api/tags', tag('total', 'number', { event: 'transfer', agg: 'sum', prop: 'amount' }))
  await make(
    '/api/tags',
    tag('movers', 'bool', { rule: { did: 'transfer', sum: { prop: 'amount', is: 'gte', value: 50 } } }),
  )
  const rule = { all: [{ tag: 'job', is: 'eq', value: 'clerk' }, { did: 'looked' }] }
  await make('/api/segments', { key: 'lookers', name: 'lookers', description: '', rule })
  await runCampaign(app)
  await runImport(app, dir)
}
