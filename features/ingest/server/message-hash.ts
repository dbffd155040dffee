/*
 * SHA-256 of texts of at most 55 bytes, which is one block: for the ids of messages, one each, where a call out of the
 * engine takes twice as long as the sum itself.
 */

const rounds = Int32Array.from([
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
  ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
  ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
  ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
  ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
  ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
  ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
  ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
])
const words = new Int32Array(64)
const block = new Uint8Array(64)

/** Most bytes that are one block with the end mark and their count. */
const longestBlockText = 55

function fillWords(length: number): void {
  block[length] = 0x80
  block.fill(0, length + 1)
  block[62] = (length * 8) >> 8
  block[63] = length * 8
  for (let at = 0; at < 16; at += 1) {
    const from = at * 4
    words[at] = (block[from]! << 24) | (block[from + 1]! << 16) | (block[from + 2]! << 8) | block[from + 3]!
  }
  for (let at = 16; at < 64; at += 1) {
    const x = words[at - 15]!
    const y = words[at - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    words[at] = (words[at - 16]! + s0 + words[at - 7]! + s1) | 0
  }
}

const putBackwards = (into: Uint8Array, end: number, word: number): void => {
  into[end] = word >>> 24
  into[end - 1] = word >>> 16
  into[end - 2] = word >>> 8
  into[end - 3] = word
}

function digestInto(into: Uint8Array): void {
  let a = 0x6a09e667
  let b = 0xbb67ae85 | 0
  let c = 0x3c6ef372
  let d = 0xa54ff53a | 0
  let e = 0x510e527f
  let f = 0x9b05688c | 0
  let g = 0x1f83d9ab
  let h = 0x5be0cd19
  for (let at = 0; at < 64; at += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + rounds[at]! + words[at]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
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
  putBackwards(into, 7, (a + 0x6a09e667) | 0)
  putBackwards(into, 3, (b + 0xbb67ae85) | 0)
  putBackwards(into, 15, (c + 0x3c6ef372) | 0)
  putBackwards(into, 11, (d + 0xa54ff53a) | 0)
}

/**
 * The id of a message as `messageBytes` gives it, of bytes where they lie: `prefix` is the source and NUL. False when
 * together they are more than one block.
 */
export function hashMessage(
  prefix: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): boolean {
  const length = prefix.length + end - start
  if (length > longestBlockText) return false
  for (let at = 0; at < prefix.length; at += 1) block[at] = prefix[at]!
  for (let at = start, to = prefix.length; at < end; at += 1, to += 1) block[to] = bytes[at]!
  fillWords(length)
  digestInto(into)
  return true
}
