import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentHash, type Material } from '#features/approvals/server/index.ts'
import { CampaignBody } from '#features/campaigns/common/campaign.ts'

const body = CampaignBody.parse({
  key: 'spring',
  name: '春季定存',
  objective: { event: 'term_deposit_opened' },
  audience: { all: [{ segment: 'vip' }, { tag: 'age', is: 'gte', value: 30 }] },
  offer: { title: '三年期大额存单', body: '利率上浮', link: '/products/cd3' },
  rungs: [{ kind: 'place' }, { kind: 'task', after: { days: 3 }, title: '致电' }],
  holdoutPercent: 10,
  from: '2026-11-01T00:00:00+08:00',
  to: '2026-12-01T00:00:00+08:00',
})
const material: Material<CampaignBody> = {
  body,
  ownerOrgId: 1,
  references: [
    { kind: 'segment', key: 'vip', definition: { rule: { tag: 'tier', is: 'eq', value: 'T5' } } },
    { kind: 'tag', key: 'tier', definition: { type: 'enum', source: { attribute: 'tier' } } },
    { kind: 'tag', key: 'age', definition: { type: 'number', source: { attribute: 'age' } } },
  ],
}

/** The same value with the names of every object in another order. */
function reordered<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(reordered) as T
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reordered(item)]),
  ) as T
}

test('the order of names and of references is no content', () => {
  const other = { ...reordered(material), references: [...material.references].reverse().map(reordered) }
  expect(contentHash(other)).toBe(contentHash(material))
  expect(contentHash(material)).toMatch(/^[0-9a-f]{64}$/)
})

test.each<[string, Partial<CampaignBody>]>([
  ['key', { key: 'summer' }],
  ['name', { name: '夏季定存' }],
  ['objective', { objective: { aum: true } }],
  ['audience', { audience: { all: [] } }],
  ['offer', { offer: { ...body.offer, body: '利率再上浮' } }],
  ['rungs', { rungs: body.rungs.slice(0, 1) }],
  ['hold-out', { holdoutPercent: 10.01 }],
  ['from', { from: '2026-11-01T00:00:01+08:00' }],
  ['to', { to: '2026-12-01T00:00:01+08:00' }],
])('another %s is other content', (_what, change) => {
  expect(contentHash({ ...material, body: { ...body, ...change } })).not.toBe(contentHash(material))
})

test('another owner, and any change of any segment or tag behind the audience, is other content', () => {
  expect(contentHash({ ...material, ownerOrgId: 2 })).not.toBe(contentHash(material))
  fc.assert(
    fc.property(fc.nat({ max: 2 }), fc.string({ minLength: 1 }), (nth, text) => {
      const references = material.references.map((reference, index) =>
        index === nth
          ? { ...reference, definition: { ...(reference.definition as object), changed: text } }
          : reference,
      )
      expect(contentHash({ ...material, references })).not.toBe(contentHash(material))
    }),
  )
})
