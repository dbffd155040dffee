import { expect, test } from 'vitest'
import { cleanDraft, emptyDraft, emptyProperty, moved, problemsOf } from './plan-draft.ts'

test('moving keeps every item', () => {
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
  expect(moved(['a', 'b'], 1, 2)).toEqual(['a', 'b'])
})

test('what does not fit the type is not sent', () => {
  const draft = cleanDraft({
    ...emptyDraft,
    properties: [
      { ...emptyProperty, name: ' a ', type: 'number', values: ['x'], pattern: 'x', maxLength: 3 },
    ],
    places: [{ space: 'main', page: ' ' }],
  })
  expect(draft.properties).toEqual([{ ...emptyProperty, name: 'a', type: 'number' }])
  expect(draft.places).toEqual([{ space: 'main' }])
})

test('says what is missing', () => {
  expect(problemsOf(emptyDraft).map(([, en]) => en)).toEqual([
    'event name',
    'Chinese name',
    'English name',
    'owner',
  ])
  const full = { ...emptyDraft, key: 'k', name: { zh: 'z', en: 'e' }, owner: 'hq' }
  expect(problemsOf(full)).toEqual([])
  expect(problemsOf({ ...full, properties: [{ ...emptyProperty, name: 'a', type: 'enum' }] })).toHaveLength(1)
})
