import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importMappingSchema } from '#features/imports/common/mapping-schema.ts'
import { mappingHash, parseMapping } from '#features/imports/server/load-mapping.ts'
import { AppError, type FieldError } from '#platform/common/errors.ts'

const customers = (fields: object) => ({ into: 'customers', customerNo: 'no', ...fields })
const mapping = (step: object, more: object = {}) => ({
  name: 'test',
  files: [{ match: '*.csv', steps: [step] }],
  ...more,
})

function errorsOf(json: unknown): readonly FieldError[] {
  try {
    parseMapping(json, 'm.json')
    return []
  } catch (error) {
    if (error instanceof AppError) return error.errors
    throw error
  }
}

test.each<[string, unknown, string, RegExp]>([
  ['no object', [], '', /expected object/],
  ['an unknown setting', mapping(customers({}), { file: 1 }), '', /Unrecognized key: "file"/],
  ['an unknown target', mapping({ into: 'customer' }), 'files[0].steps[0].into', /Expected 'orgUnits'/],
  ['a field that a target lacks', mapping(customers({ age: 'age' })), 'files[0].steps[0]', /"age"/],
  [
    'a missing field',
    mapping({ into: 'customers' }),
    'files[0].steps[0].customerNo',
    /column name|string, object/,
  ],
  ['a number as expression', mapping(customers({ state: 7 })), 'files[0].steps[0].state', /string, object/],
  [
    'two sources',
    mapping(customers({ state: { column: 'a', value: 'b' } })),
    'files[0].steps[0].state',
    /exactly one of/,
  ],
  [
    'a wrong word deep inside',
    mapping(customers({ state: { lookup: { file: 'a', key: 'b', column: 'c', by: { colum: 'd' } } } })),
    'files[0].steps[0].state.lookup.by',
    /colum/,
  ],
  [
    'a condition without a test',
    mapping(customers({ when: { column: 'a' } })),
    'files[0].steps[0].when',
    /"is", "isNot", "isMissing"/,
  ],
  [
    'a delimiter of two characters',
    mapping(customers({}), { format: { delimiter: '||' } }),
    'format.delimiter',
    /one character/,
  ],
  [
    'an encoding nobody knows',
    mapping(customers({}), { format: { encoding: 'utf-7' } }),
    'format.encoding',
    /utf-8/,
  ],
  [
    'a date format without a year',
    mapping(customers({}), { format: { dateFormats: ['DD.MM.'] } }),
    'format.dateFormats[0]',
    /year, month and day/,
  ],
  [
    'no names for columns',
    mapping(customers({}), { format: { header: false } }),
    'files[0].columns',
    /no header/,
  ],
  [
    'a password',
    mapping(customers({ attributes: { 'login-password': 'p' } })),
    'files[0].steps[0].attributes.login-password',
    /authentication data/,
  ],
  [
    'a CVV in an event',
    mapping({ into: 'events', customerNo: 'no', name: 'x', at: 'd', properties: { CVV2: 'c' } }),
    'files[0].steps[0].properties.CVV2',
    /authentication data/,
  ],
  [
    'a phone in an event',
    mapping({ into: 'events', customerNo: 'no', name: 'x', at: 'd', properties: { mobile: 'c' } }),
    'files[0].steps[0].properties.mobile',
    /direct identifiers/,
  ],
  [
    'an unknown kind of identity',
    mapping(customers({ identities: { nickname: 'n' } })),
    'files[0].steps[0].identities.nickname',
    /must be one of/,
  ],
  [
    'an unknown campaign',
    mapping({ into: 'campaignMembers', campaign: 'c', customerNo: 'no', arm: 'a', outcomes: { x: 'y' } }),
    'files[0].steps[0].campaign',
    /"campaigns"/,
  ],
  [
    'an unknown value',
    mapping(customers({ state: { use: 'nowhere' } })),
    'files[0].steps[0].state',
    /none of the "values"/,
  ],
  [
    'values that lead back',
    mapping(customers({}), { values: { a: { template: '{b}' }, b: { use: 'a' } } }),
    'values.a',
    /itself/,
  ],
])('%s is named with its place', (_name, json, path, message) => {
  expect(errorsOf(json).map((error) => error.path)).toContain(path)
  expect(errorsOf(json).find((error) => error.path === path)?.message).toMatch(message)
})

test('attributes called like a card are taken: customers put real numbers aside themselves', () => {
  expect(errorsOf(mapping(customers({ attributes: { card: 'c', phone: 'p' } })))).toEqual([])
})

test('what only explains a mapping does not make it another', () => {
  const one = parseMapping(mapping(customers({})), 'm.json')
  expect(mappingHash({ ...one, description: 'more', $schema: 'x' })).toBe(mappingHash(one))
  expect(mappingHash({ ...one, name: 'other' })).not.toBe(mappingHash(one))
})

test('the JSON schema in docs is the one of the program', () => {
  const path = fileURLToPath(new URL('../../../docs/import-mapping.schema.json', import.meta.url))
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(importMappingSchema())
})
