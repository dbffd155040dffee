import { createCipheriv, createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFieldCrypto, fieldProviders, loadFieldKey } from './field-crypto.ts'

const key = Buffer.alloc(32, 7)
const otherKey = Buffer.alloc(32, 8)

test('the engine has the standard SM3 and SM4', () => {
  expect(createHash('sm3').update('abc').digest('hex')).toBe(
    '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
  )
  const block = Buffer.from('0123456789abcdeffedcba9876543210', 'hex')
  const ecb = createCipheriv('sm4-ecb', block, null).setAutoPadding(false)
  expect(ecb.update(block).toString('hex')).toBe('681edf34d206965e86b3e94f536e4246')
})

describe.each(fieldProviders)('%s', (provider) => {
  const crypto = createFieldCrypto({ key, provider, keyVersion: 1 })

  test('gives back any text, and never the same bytes twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const one = crypto.encrypt(text)
        expect(crypto.decrypt(one.cipher, one.keyVersion)).toBe(text)
        expect(crypto.encrypt(text).cipher.equals(one.cipher)).toBe(false)
      }),
    )
  })

  test('one changed, missing or added byte is noticed', () => {
    const { cipher } = crypto.encrypt('张三丰 13812341234')
    for (let at = 0; at < cipher.length; at += 1) {
      const changed = Buffer.from(cipher)
      changed[at] = changed[at]! ^ 1
      expect(() => crypto.decrypt(changed, 1)).toThrow('damaged')
    }
    for (let length = 0; length < cipher.length; length += 1) {
      expect(() => crypto.decrypt(cipher.subarray(0, length), 1)).toThrow('damaged')
    }
    expect(() => crypto.decrypt(Buffer.concat([cipher, Buffer.alloc(1)]), 1)).toThrow('damaged')
  })

  test('another key opens nothing and hashes differently', () => {
    const other = createFieldCrypto({ key: otherKey, provider, keyVersion: 1 })
    expect(() => other.decrypt(crypto.encrypt('x').cipher, 1)).toThrow('damaged')
    expect(other.hash('phone', '13812341234').equals(crypto.hash('phone', '13812341234'))).toBe(false)
  })

  test.each([
    ['phone', '138 1234-1234', '+86 13812341234'],
    ['phone', '13812341234', '008613812341234'],
    ['phone', '13812341234', '１３８１２３４１２３４'],
    ['national_id', ' 11010519491231002x', '11010519491231002X'],
    ['name', ' Ｚｈａｎｇ ', 'Zhang'],
    ['open_id', ' abc ', 'abc'],
  ])('one %s written as %j and %j has one hash', (kind, one, other) => {
    expect(crypto.hash(kind, one).equals(crypto.hash(kind, other))).toBe(true)
  })

  test.each<[string, [string, string], [string, string]]>([
    ['a landline that starts with 86', ['phone', '8612345'], ['phone', '12345']],
    ['two kinds', ['phone', '13812341234'], ['card', '13812341234']],
    ['the border between kind and text', ['a', 'b:c'], ['a:b', 'c']],
    ['the case of an open id', ['open_id', 'aB'], ['open_id', 'AB']],
  ])('%s is kept apart', (_case, one, other) => {
    expect(crypto.hash(...one).equals(crypto.hash(...other))).toBe(false)
  })
})

test('an older key still opens and finds what it wrote, under another provider too', () => {
  const old = createFieldCrypto({ key, provider: 'aes-256-gcm', keyVersion: 1 })
  const written = old.encrypt('张三')
  const now = createFieldCrypto({
    key: otherKey,
    provider: 'sm4-ctr-hmac-sm3',
    keyVersion: 2,
    olderKeys: [{ key, provider: 'aes-256-gcm', keyVersion: 1 }],
  })
  expect(now.encrypt('x').keyVersion).toBe(2)
  expect(now.decrypt(written.cipher, written.keyVersion)).toBe('张三')
  expect(now.searchHashes('name', '张三')).toEqual([now.hash('name', '张三'), old.hash('name', '张三')])
  expect(() => now.decrypt(written.cipher, 3)).toThrow('No field key of version 3')
})

describe('the key', () => {
  let dataDir = ''
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'zhike-key-'))
  })
  afterAll(() => rm(dataDir, { recursive: true }))

  test('is made once, for the owner only, also when many start at once', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadFieldKey({ dataDir })))
    expect(new Set(keys.map((each) => each.toString('hex'))).size).toBe(1)
    expect((await stat(join(dataDir, 'field.key'))).mode & 0o777).toBe(0o600)
    expect((await readFile(join(dataDir, 'field.key'), 'utf8')).trim()).toBe(keys[0]?.toString('hex'))
  })

  test('of the settings comes first; a wrong one and a damaged file are refused', async () => {
    expect((await loadFieldKey({ dataDir, fieldKey: '07'.repeat(32) })).equals(key)).toBe(true)
    await expect(loadFieldKey({ dataDir, fieldKey: 'abc' })).rejects.toThrow('ZHIKE_FIELD_KEY must hold 64')
    await writeFile(join(dataDir, 'field.key'), '')
    await expect(loadFieldKey({ dataDir })).rejects.toThrow('field.key must hold 64')
  })
})
