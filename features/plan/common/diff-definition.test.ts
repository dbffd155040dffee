import { expect, test } from 'vitest'
import { diffDefinitions } from '#features/plan/common/diff-definition.ts'
import { Definition } from '#features/plan/common/plan.ts'

const base = { name: { zh: '转账', en: 'Transfer' }, owner: 'hq' }
const definition = (more: object) => Definition.parse({ ...base, ...more })

test('says line by line what changed, and what may make right messages wrong', () => {
  const before = definition({
    properties: [
      { name: 'amount', type: 'number' },
      { name: 'channel', type: 'enum', values: ['app', 'web'] },
      { name: 'gone', type: 'string' },
    ],
    places: [{ space: 'main', page: 'transfer' }],
  })
  const after = definition({
    name: { zh: '转账成功', en: 'Transfer' },
    properties: [
      { name: 'channel', type: 'enum', values: ['app'] },
      { name: 'amount', type: 'integer', required: true },
      { name: 'note', type: 'string' },
    ],
    places: [{ space: 'elder' }],
  })
  const lines = diffDefinitions(before, after).map(
    ({ path, kind, before, after, isStricter }) =>
      `${isStricter ? '!' : ' '} ${kind} ${path}: ${before} → ${after}`,
  )
  expect(lines).toEqual([
    '  changed name.zh: 转账 → 转账成功',
    '! changed properties.channel.values: app, web → app',
    '! changed properties.amount.type: number → integer',
    '! changed properties.amount.required: false → true',
    '  added properties.note: null → string · optional · C1',
    '  removed properties.gone: string · optional · C1 → null',
    '  changed properties: amount, channel → channel, amount',
    '  added places: null → elder',
    '  removed places: main / transfer → null',
  ])
  expect(diffDefinitions(after, after)).toEqual([])
})
