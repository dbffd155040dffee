import { readDecimal } from '#features/rules/common/canonical.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/**
 * A customer's fixed place, 0 to 2⁶⁴ − 1, in the experiment or sample with this salt.
 *
 * The rule, for anyone who wants to recompute it: write salt, a colon and the customer number as UTF-8, without
 * quotes or line end; take SHA-256; read the first 8 bytes, most significant first, as an unsigned integer. In a
 * shell: `printf '%s:%s' "$salt" "$customerNo" | sha256sum | cut -c1-16` prints it in hexadecimal.
 */
export function bucketOf(salt: string, customerNo: string): bigint {
  const [high = 0, low = 0] = sha256(new TextEncoder().encode(`${salt}:${customerNo}`))
  return (BigInt(high) << 32n) | BigInt(low)
}

/** How many of the 2⁶⁴ buckets the first `percent` are: ⌊2⁶⁴ × percent ÷ 100⌋, exact for any decimals. */
export const bucketsOfPercent = (percent: number): bigint =>
  (2n ** 64n * readDecimal(String(percent), percentScale, 1e3)) / 10n ** BigInt(percentScale + 2)
const percentScale = 20

/**
 * `bucketOf` in ClickHouse:
 * `reinterpretAsUInt64(reverse(substring(SHA256(concat(salt, ':', customer_no)), 1, 8)))`;
 * the bytes are reversed because ClickHouse reads the least significant first.
 */
export const bucketSql = (salt: string, customerNo: Sql): Sql =>
  sql`reinterpretAsUInt64(reverse(substring(SHA256(concat(${typed('String', salt)}, ':', ${customerNo})), 1, 8)))`

// FIPS 180-4, section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const roundConstants = Uint32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
)

/** SHA-256 (FIPS 180-4) as eight 32-bit words; own code because `common` runs where node:crypto doesn't. */
export function sha256(message: Uint8Array): Uint32Array {
  const state = Uint32Array.of(
    0x6a09e667,
    0xbb67ae85,
    0x3c6ef372,
    0xa54ff53a,
    0x510e527f,
    0x9b05688c,
    0x1f83d9ab,
    0x5be0cd19,
  )
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(padded.length - 4, message.length << 3)
  const schedule = new Uint32Array(64)
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let i = 0; i < 16; i += 1) schedule[i] = view.getUint32(offset + i * 4)
    extend(schedule)
    compress(state, schedule)
  }
  return state
}

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))

function extend(w: Uint32Array): void {
  for (let i = 16; i < 64; i += 1) {
    const a = w[i - 15]!
    const b = w[i - 2]!
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
  }
}

function compress(state: Uint32Array, w: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[i]! + w[i]!) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = state[i]! + word
  })
}
