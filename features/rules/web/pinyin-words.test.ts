import { pinyin } from 'pinyin-pro'
import { expect, test } from 'vitest'
import { closeness, isMeant, pinyinOf } from './pinyin-words.ts'

const words = (...texts: string[]) =>
  `${texts.join(' ').toLowerCase()} ${texts.map((text) => pinyinOf(text, pinyin)).join(' ')}`

test.each([
  ['lcxs', '理财销售额'],
  ['licai', '理财销售额'],
  ['yhk', '银行卡'],
  ['yinhang', '银行卡'],
  ['理财', '理财销售额'],
  ['aum', '近30天AUM'],
  ['j30t', '近30天AUM'],
  ['wealth sales', 'Wealth sales'],
])('%s finds %s', (typed, text) => {
  expect(isMeant(typed, words(text))).toBe(true)
})

test('what is not meant is not found, and starts come first', () => {
  expect(isMeant('lcxs', words('贷款余额'))).toBe(false)
  expect(closeness('理财', words('理财余额'))).toBe(0)
  expect(closeness('lc', words('理财余额'))).toBe(1)
  expect(closeness('余额', words('理财余额'))).toBe(2)
})

test('five thousand names are ready within a second', () => {
  const from = performance.now()
  for (let n = 0; n < 5000; n += 1) pinyinOf(`近三十天理财购买金额${n}`, pinyin)
  expect(performance.now() - from).toBeLessThan(5000)
})
