import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffRows, markChange } from '#features/approvals/web/content-diff.ts'
import { formatOf } from '#platform/web/format.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { contentRows } from './content-diff.ts'

const body: CampaignBody = {
  key: 'wake',
  name: '唤醒',
  objective: { event: 'logged_in' },
  audience: { segment: 'dormant' },
  offer: { title: '回来看看', body: '登录有礼', link: '/h5/products/A' },
  rungs: [
    { kind: 'place', slot: 'home_top', inbox: true },
    { kind: 'task', after: { days: 3 }, title: '电话回访', dueDays: 2 },
  ],
  holdoutPercent: 10,
  from: '2026-08-01T00:00:00.000Z',
  to: '2026-08-15T00:00:00.000Z',
}
const reader = {
  language: 'zh' as const,
  format: formatOf('zh'),
  names: { tag: () => undefined, segment: (key: string) => (key === 'dormant' ? '沉睡客户' : undefined) },
}
const rowsOf = (changed: Partial<CampaignBody>) => contentRows({ ...body, ...changed }, reader)

test('says everything material in words', () => {
  const text = Object.fromEntries(rowsOf({}).map((row) => [row.key, row.text]))
  expect(text.audience).toBe('在客群「沉睡客户」中')
  expect(text.objective).toBe('客户发生「登录」')
  expect(text['rungs.0']).toContain('站内信')
  expect(text['rungs.1']).toContain('3 天')
  expect(text.period).toBe('2026-08-01 08:00 至 2026-08-15 08:00')
})

test('an unchanged content has no changed row', () => {
  expect(diffRows(rowsOf({}), rowsOf({})).some((row) => row.isChanged)).toBe(false)
})

test('names what changed, what came and what went, each in its place', () => {
  const rows = diffRows(
    rowsOf({}),
    rowsOf({ holdoutPercent: 5, rungs: body.rungs.slice(0, 1), offer: { ...body.offer, productCode: 'P1' } }),
  )
  const changed = rows.filter((row) => row.isChanged)
  expect(changed.map((row) => row.key)).toEqual(['offer.productCode', 'rungs.1', 'holdoutPercent'])
  expect(changed.map((row) => [row.before === null, row.after === null])).toEqual([
    [true, false],
    [false, true],
    [false, false],
  ])
  expect(rows.findIndex((row) => row.key === 'rungs.1')).toBe(
    rows.findIndex((row) => row.key === 'rungs.0') + 1,
  )
})

test('marks the part of a text that changed', () => {
  expect(markChange('登录送 10 元', '登录送 20 元')).toEqual({
    start: '登录送 ',
    removed: '10',
    added: '20',
    end: ' 元',
  })
})

test('a marked change holds both texts, whatever they are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, after) => {
      const { start, removed, added, end } = markChange(before, after)
      expect(start + removed + end).toBe(before)
      expect(start + added + end).toBe(after)
    }),
  )
})
