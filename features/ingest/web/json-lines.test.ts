import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLines, markedLines } from './json-lines.ts'

test('the lines are the JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = jsonLines(value)
        .map((line) => line.text)
        .join('\n')
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test.each([
  ['properties.amount', ['    "amount": 1']],
  ['properties', ['  "properties": {', '    "amount": 1', '  },']],
  ['properties.missing', ['  "properties": {', '    "amount": 1', '  },']],
  ['timestamp', []],
  ['list.1', ['    2']],
])('marks the lines of %s', (path, expected) => {
  const lines = jsonLines({ event: 'e', properties: { amount: 1 }, list: [1, 2] })
  const marked = markedLines(lines, path)
  expect(lines.filter((_, index) => marked[index]).map(({ text }) => text)).toEqual(expected)
})
