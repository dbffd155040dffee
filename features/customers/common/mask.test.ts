import fc from 'fast-check'
import { expect, test } from 'vitest'
import { identityKindOf, identityKinds, maskIdentifier } from './mask.ts'

test.each([
  ['name', '张三', '张**'],
  ['name', ' 欧阳修 ', '欧**'],
  ['name', 'Smith, John', 'S**'],
  ['name', '𠮷田', '𠮷**'],
  ['name', '', '**'],
  ['phone', '13812341234', '138****1234'],
  ['phone', '+86 138-1234-1234', '138****1234'],
  ['phone', '010-87654321', '010****4321'],
  ['phone', '88776655', '****55'],
  ['phone', '', '****'],
  ['national_id', '11010519491231002X', '****002X'],
  ['card', '6222 0210 0111 6245', '****6245'],
  ['card', '123', '****3'],
  ['address', '上海市浦东新区世纪大道100号1203室', '**3室'],
  ['email', 'a@b.cn', '**cn'],
  ['open_id', 'x', '**'],
])('%s %j is shown as %j', (kind, text, masked) => {
  expect(maskIdentifier(kind, text)).toBe(masked)
})

test('a mask never shows the whole of a text', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...identityKinds),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (kind, text) => {
        fc.pre(text.trim() !== '' && text.trim() !== '**')
        expect(maskIdentifier(kind, text)).not.toBe(text.trim())
        expect(maskIdentifier(kind, text)).toContain('**')
      },
    ),
  )
})

test.each([
  ['phone', '13812341234', 'phone'],
  ['Mobile', '１３８１２３４１２３４', 'phone'],
  ['phone', 'yes', undefined],
  ['idNumber', '11010519491231002X', 'national_id'],
  ['national_id', '11010519491231002X', 'national_id'],
  ['card_no', '6222021001116245', 'card'],
  ['card', 'gold', undefined],
  ['address.city', '上海', 'address'],
  ['full_name', '张三', 'name'],
  ['job', 'admin.', undefined],
  ['credit_card_holder', 'yes', undefined],
  ['', 'x', undefined],
])('an attribute %j with the value %j is %s', (attribute, value, kind) => {
  expect(identityKindOf(attribute, value)).toBe(kind)
})
