import { expect, test } from 'vitest'
import { ApiError, pathOf, urlOf } from './api.ts'
import { csvOf } from './chart-download.ts'
import { errorWords } from './error-words.ts'
import { matches } from './palette-match.ts'
import { defineText, wordsOf } from './text.ts'

test('a table gives text and functions of one language', () => {
  const text = defineText({ name: ['名称', 'Name'], found: (n: number) => [`${n} 个`, `${n} found`] })
  expect(wordsOf(text, 'zh').name).toBe('名称')
  expect(wordsOf(text, 'en').found(3)).toBe('3 found')
})

test('values in addresses are escaped, empty ones left out, lists repeated', () => {
  expect(pathOf`/api/tags/${'a/../b'}/uses`).toBe('/api/tags/a%2F..%2Fb/uses')
  expect(urlOf('/x', { q: '张 三', none: undefined, empty: '', slot: ['a', 'b'] })).toBe(
    '/x?q=%E5%BC%A0+%E4%B8%89&slot=a&slot=b',
  )
  expect(urlOf('/x')).toBe('/x')
})

test('CSV cells are quoted and never run as formulas', () => {
  const csv = csvOf({
    columns: ['a', 'b'],
    rows: [
      ['=1+1', -2],
      ['say "hi", 您', null],
    ],
  })
  expect(csv).toBe('\uFEFFa,b\r\n\'=1+1,-2\r\n"say ""hi"", 您",\r\n')
})

test("errors have Chinese words in Chinese, the server's own in English, the feature's before both", () => {
  const error = new ApiError(409, 'SEGMENT_KEY_TAKEN', 'Another segment has the key "a".')
  expect(errorWords(error, 'zh')).toBe('与现有数据冲突，请刷新后重试。（SEGMENT_KEY_TAKEN）')
  expect(errorWords(error, 'en')).toBe('Another segment has the key "a".')
  expect(errorWords(error, 'zh', { SEGMENT_KEY_TAKEN: ['编码已被使用', 'taken'] })).toBe('编码已被使用')
  expect(errorWords(new Error('x'), 'zh')).toMatch(/系统内部出错/)
})

test('the search finds every word somewhere', () => {
  expect(matches('标', ['标签', 'Tags'])).toBe(true)
  expect(matches('TAG bq', ['标签', 'Tags', 'bq biaoqian'])).toBe(true)
  expect(matches('tag x', ['标签', 'Tags'])).toBe(false)
})
