import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { sm2 } from 'sm-crypto-v2'
import { afterEach, expect, test } from 'vitest'
import { createCustomerTokens } from '#features/ingest/server/customer-token.ts'
import { isJwksUrl } from '#features/ingest/server/jwks-fetch.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

const nowSeconds = Date.parse('2026-03-02T04:00:00Z') / 1000
const issuer = 'https://bank.example'
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claimsOf = (changes: object = {}) => ({
  ...{ sub: 'C1', iss: issuer, iat: nowSeconds, exp: nowSeconds + 600 },
  ...changes,
})

function es256(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }
  const signed = (claims: object, header: object = { alg: 'ES256', kid }, key: KeyObject = privateKey) => {
    const data = `${encode(header)}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' })
    return `${data}.${signature.toString('base64url')}`
  }
  return { jwk, signed, publicKey }
}

function sm2Key(kid: string, crv = 'SM2') {
  const { publicKey, privateKey } = sm2.generateKeyPairHex()
  const part = (from: number) => Buffer.from(publicKey.slice(from, from + 64), 'hex').toString('base64url')
  const jwk = { kty: 'EC', crv, x: part(2), y: part(66), kid }
  const signed = (claims: object, header: object = { alg: 'SM2', kid }, options: object = {}) => {
    const data = `${encode(header)}.${encode(claims)}`
    const signature = sm2.doSignature(Buffer.from(data), privateKey, { hash: true, ...options })
    return `${data}.${Buffer.from(signature, 'hex').toString('base64url')}`
  }
  return { jwk, signed }
}

const keyOf = (jwks: object[] | null, more: Partial<WriteKey> = {}): WriteKey => ({
  ...{ key: `k-${more.source ?? 'app'}`, source: 'app', kind: 'public', tokenIssuer: issuer },
  jwks: jwks && ({ keys: jwks } as WriteKey['jwks']),
  ...more,
})

function open() {
  let nowMs = nowSeconds * 1000
  const tokens = createCustomerTokens({ clock: { now: () => new Date(nowMs) } })
  return { verify: tokens.verify, pass: (seconds: number) => (nowMs += seconds * 1000) }
}

let server: Server | undefined
afterEach(() => server?.close())

/** An issuer that publishes whatever the test says, counting how often it is asked. */
async function openIssuer() {
  const state = { keys: [] as object[], asked: 0, status: 200, body: undefined as string | undefined }
  server = createServer((_request, response) => {
    state.asked += 1
    response.writeHead(state.status, state.status === 302 ? { location: '/elsewhere' } : {})
    response.end(state.body ?? JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` }
}

test('ES256 proves its customer, once checked without another check', async () => {
  const { verify } = open()
  const { jwk, signed } = es256('k1')
  const key = keyOf([jwk])
  const token = signed(claimsOf())
  expect(await verify(key, token)).toBe('C1')
  expect(await verify(key, token)).toBe('C1')
})

test.each([
  ['SM2', 'SM2'],
  ['SM2SM3', 'curveSM2'],
  ['SM3withSM2', 'sm2p256v1'],
])('SM2 with SM3 by the name %s on curve %s, as r‖s and as DER', async (alg, crv) => {
  const { verify } = open()
  const { jwk, signed } = sm2Key('s1', crv)
  const header = { alg, kid: 's1' }
  expect(await verify(keyOf([jwk]), signed(claimsOf(), header))).toBe('C1')
  expect(await verify(keyOf([jwk]), signed(claimsOf({ sub: 'C2' }), header, { der: true }))).toBe('C2')
  // Another user id is another signature; so is one over the bare hash.
  expect(
    await verify(keyOf([jwk]), signed(claimsOf({ sub: 'C3' }), header, { userId: 'other' })),
  ).toBeUndefined()
  expect(await verify(keyOf([jwk]), signed(claimsOf({ sub: 'C4' }), header, { hash: false }))).toBeUndefined()
})

test('whatever is wrong with a token, it proves nobody', async () => {
  const { verify } = open()
  const [bank, other, sm] = [es256('k1'), es256('k1'), sm2Key('s1')]
  const key = keyOf([
    bank.jwk,
    sm.jwk,
    { kty: 'oct', k: 'c2VjcmV0', kid: 'o1' },
    { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'r1' },
  ])
  const good = bank.signed(claimsOf())
  const [header, , signature] = good.split('.')
  const bad: [string, string][] = [
    ['expired', bank.signed(claimsOf({ iat: nowSeconds - 900, exp: nowSeconds - 31 }))],
    ['not valid yet', bank.signed(claimsOf({ nbf: nowSeconds + 31 }))],
    ['issued in the future', bank.signed(claimsOf({ iat: nowSeconds + 60, exp: nowSeconds + 120 }))],
    ['living too long', bank.signed(claimsOf({ exp: nowSeconds + 901 }))],
    ['without an end', bank.signed(claimsOf({ exp: undefined }))],
    ['without a beginning', bank.signed(claimsOf({ iat: undefined }))],
    ['an end that is a text', bank.signed(claimsOf({ exp: String(nowSeconds + 600) }))],
    ['of another issuer', bank.signed(claimsOf({ iss: 'https://evil.example' }))],
    ['of no issuer', bank.signed(claimsOf({ iss: undefined }))],
    ['for another source', bank.signed(claimsOf({ aud: 'web' }))],
    ['for other sources', bank.signed(claimsOf({ aud: ['web', 'mini'] }))],
    ['of nobody', bank.signed(claimsOf({ sub: '' }))],
    ['of no number', bank.signed(claimsOf({ sub: 'a\u0000b' }))],
    ['by another’s key', other.signed(claimsOf())],
    ['by an unknown key id', bank.signed(claimsOf(), { alg: 'ES256', kid: 'k9' })],
    ['alg none', `${encode({ alg: 'none', kid: 'k1' })}.${encode(claimsOf())}.`],
    ['alg none with a signature', `${encode({ alg: 'none', kid: 'k1' })}.${encode(claimsOf())}.${signature}`],
    ['alg HS256', bank.signed(claimsOf(), { alg: 'HS256', kid: 'k1' })],
    ['alg RS256', bank.signed(claimsOf(), { alg: 'RS256', kid: 'r1' })],
    ['ES256 with the SM2 key', bank.signed(claimsOf(), { alg: 'ES256', kid: 's1' })],
    ['SM2 with the ES256 key', sm.signed(claimsOf(), { alg: 'SM2', kid: 'k1' })],
    ['ECDSA called SM2', bank.signed(claimsOf(), { alg: 'SM2', kid: 's1' })],
    ['unknown critical extension', bank.signed(claimsOf(), { alg: 'ES256', kid: 'k1', crit: ['x'] })],
    ['a key of its own', other.signed(claimsOf(), { alg: 'ES256', jwk: other.jwk })],
    ['changed claims', `${header}.${encode(claimsOf({ sub: 'C2' }))}.${signature}`],
    ['a cut signature', good.slice(0, -4)],
    ['a longer signature', `${good}AAAA`],
    ['no JSON', `${encode('x')}.${encode('y')}.${signature}`],
    ['far too long', `${good}${'A'.repeat(5000)}`],
  ]
  for (const [name, token] of bad) expect([name, await verify(key, token)]).toEqual([name, undefined])
  expect(await verify(key, good)).toBe('C1')
})

test('a token of one source is worth nothing at another: other keys, a named audience, a trusted key', async () => {
  const { verify } = open()
  const [app, web] = [es256('k1'), es256('k1')]
  const keys = { app: keyOf([app.jwk]), web: keyOf([web.jwk], { source: 'web' }) }
  const token = app.signed(claimsOf({ aud: 'app' }))
  expect(await verify(keys.app, token)).toBe('C1')
  expect(await verify(keys.web, token)).toBeUndefined()
  expect(await verify(keyOf([app.jwk], { source: 'web' }), token)).toBeUndefined()
  expect(await verify(keyOf([app.jwk], { kind: 'trusted' }), token)).toBeUndefined()
})

test('keys by address: a new one signs at once, the old one until it is taken back', async () => {
  const { verify, pass } = open()
  const { state, url } = await openIssuer()
  const [old, fresh] = [es256('k1'), sm2Key('k2')]
  const key = keyOf(null, { jwksUrl: url })
  state.keys = [old.jwk]
  const before = old.signed(claimsOf())
  expect(await verify(key, before)).toBe('C1')
  pass(6)
  state.keys = [old.jwk, fresh.jwk]
  expect(await verify(key, fresh.signed(claimsOf({ sub: 'C2' })))).toBe('C2')
  expect(await verify(key, before)).toBe('C1')
  state.keys = [fresh.jwk]
  pass(61)
  await verify(key, before)
  await expect.poll(() => verify(key, before)).toBeUndefined()
  expect(await verify(key, fresh.signed(claimsOf({ sub: 'C3' })))).toBe('C3')
})

test('an issuer that is down, slow to the point of nothing, huge or elsewhere leaves the old keys', async () => {
  const { verify, pass } = open()
  const { state, url } = await openIssuer()
  const bank = es256('k1')
  const key = keyOf(null, { jwksUrl: url })
  state.keys = [bank.jwk]
  expect(await verify(key, bank.signed(claimsOf()))).toBe('C1')
  const wrongs: [number, string | undefined][] = [
    [500, undefined],
    [302, undefined],
    [200, 'no JSON'],
    [200, '{"keys":{}}'],
    [200, `{"keys":[],"x":"${'x'.repeat(300_000)}"}`],
  ]
  for (const [nth, [status, body]] of wrongs.entries()) {
    state.status = status
    state.body = body
    pass(70)
    await verify(key, bank.signed(claimsOf({ sub: 'X' }), { alg: 'ES256', kid: 'unknown' }))
    const iat = nowSeconds + 70 * (nth + 1)
    expect(await verify(key, bank.signed(claimsOf({ sub: `C${nth}`, iat, exp: iat + 60 })))).toBe(`C${nth}`)
  }
})

test('made-up key ids ask the issuer once in a while, not each time', async () => {
  const { verify } = open()
  const { state, url } = await openIssuer()
  const bank = es256('k1')
  state.keys = [bank.jwk]
  const key = keyOf(null, { jwksUrl: url })
  for (let nth = 0; nth < 200; nth += 1)
    await verify(key, bank.signed(claimsOf(), { alg: 'ES256', kid: `made-up-${nth}` }))
  expect(state.asked).toBe(1)
})

test('a flood of forged SM2 tokens costs a bounded part of the time, and ends soon', async () => {
  const { verify, pass } = open()
  const [bank, thief] = [sm2Key('s1'), sm2Key('s1')]
  const key = keyOf([bank.jwk])
  const good = bank.signed(claimsOf())
  expect(await verify(key, good)).toBe('C1')
  const forged = Array.from({ length: 20 }, (_, nth) => thief.signed(claimsOf({ sub: `V${nth}` })))
  const flood = Array.from({ length: 5_000 }, (_, nth) => {
    const [header, , signature] = (forged[nth % 20] ?? '').split('.')
    return `${header}.${encode(claimsOf({ sub: `V${nth}` }))}.${signature}`
  })
  const before = process.cpuUsage()
  for (const token of flood) expect(await verify(key, token)).toBeUndefined()
  // Each check takes some 4 ms: all of them would be 20 seconds.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(3_000)
  expect(await verify(key, good)).toBe('C1')
  pass(1)
  expect(await verify(key, bank.signed(claimsOf({ sub: 'C2' })))).toBe('C2')
})

test('no text is a token that throws', async () => {
  const { verify } = open()
  const key = keyOf([es256('k1').jwk])
  const dotted = fc.array(fc.string(), { maxLength: 4 }).map((parts) => parts.join('.'))
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), dotted, fc.base64String()), async (text) => {
      expect(await verify(key, text)).toBeUndefined()
    }),
  )
})

test.each([
  ['https://bank.example/jwks', true],
  ['http://127.0.0.1:8080/jwks', true],
  ['http://bank.example/jwks', false],
  ['http://127.0.0.1.evil.example/', false],
  ['http://169.254.169.254/latest/meta-data', false],
  ['file:///etc/passwd', false],
  ['https://user:secret@bank.example/', false],
  ['not an address', false],
])('keys may be fetched from %s: %s', (url, isAllowed) => expect(isJwksUrl(url)).toBe(isAllowed))
