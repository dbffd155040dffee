import { expect, test } from 'vitest'
import { valueDiff } from './value-diff.ts'

test('shows values that changed, came and went by their path', () => {
  const rows = valueDiff(
    { state: 'draft', body: { name: 'a', old: 1 } },
    { state: 'submitted', body: { name: 'a' }, hash: 'x' },
  )
  expect(rows).toEqual([
    { path: 'state', before: 'draft', after: 'submitted', isChanged: true },
    { path: 'body.name', before: 'a', after: 'a', isChanged: false },
    { path: 'hash', before: null, after: 'x', isChanged: true },
    { path: 'body.old', before: '1', after: null, isChanged: true },
  ])
})

test('nothing before and nothing after is no row', () => {
  expect(valueDiff(null, null)).toEqual([])
  expect(valueDiff(undefined, undefined)).toEqual([])
})

test('null, false and empty lists inside are values', () => {
  expect(valueDiff(null, { a: null, b: false, c: [] }).map((row) => row.after)).toEqual([
    'null',
    'false',
    '[]',
  ])
})
