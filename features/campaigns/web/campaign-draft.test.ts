import { expect, test } from 'vitest'
import { ApiError } from '#platform/web/api.ts'
import { CampaignBody } from '../common/campaign.ts'
import { bodyOf, checkDraft, newDraft, problemAt, serverProblems } from './campaign-draft.ts'

const now = new Date('2026-08-01T02:03:04.567Z')
const filled = () => ({
  ...newDraft('dormant', now, '电话回访'),
  key: 'wake',
  name: ' 唤醒 ',
  offer: { title: '回来看看', body: '登录有礼', link: '/h5/products/A', productCode: ' ' },
})

test('a new draft lacks only name, key, offer and, without a segment, its audience', () => {
  const paths = checkDraft(newDraft('', now, '电话回访')).map(({ path }) => path)
  expect(paths).toEqual(['name', 'key', 'audience', 'offer.title', 'offer.body'])
})

test('what has no problem is what the server takes', () => {
  expect(checkDraft(filled())).toEqual([])
  const body = bodyOf(filled())
  expect(CampaignBody.parse(body)).toEqual(body)
  expect(body.name).toBe('唤醒')
  expect(body.offer).not.toHaveProperty('productCode')
})

test.each([
  ['offer.link', { offer: { title: 'a', body: 'b', link: '//evil.example' } }],
  ['offer.link', { offer: { title: 'a', body: 'b', link: 'http://plain.example' } }],
  ['to', { to: '2026-07-01T00:00:00.000Z' }],
  ['from', { from: '' }],
  ['holdoutPercent', { holdoutPercent: null }],
  [
    'rungs.1.title',
    {
      rungs: [
        { kind: 'place' as const, slot: 'home_top', inbox: true },
        { kind: 'task' as const, after: { days: 1 }, title: ' ', dueDays: 1 },
      ],
    },
  ],
])('names the field %s', (path, change) => {
  expect(checkDraft({ ...filled(), ...change }).map((problem) => problem.path)).toEqual([path])
})

test('puts what the server says beside its field', () => {
  const error = new ApiError(400, 'INPUT_INVALID', '', [
    { path: 'audience.all.0.tag', code: 'CUSTOM', message: 'no such tag' },
  ])
  const problem = problemAt(serverProblems(error), 'audience')
  expect(problem?.words[1]).toBe('no such tag')
  expect(problemAt(serverProblems(error), 'name')).toBeUndefined()
})
