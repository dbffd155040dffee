import type { Base64 } from './base64.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Mini-programs have neither `btoa` nor `atob`. */
export const wxBase64: Base64 = {
  encode(bytes) {
    let encoded = ''
    for (let i = 0; i < bytes.length; i += 3) {
      const held = [0, 1, 2].reduce((sum, k) => (sum << 8) | (bytes.charCodeAt(i + k) || 0), 0)
      for (let k = 0; k < 4; k++) {
        encoded += i + k > bytes.length ? '=' : alphabet[(held >> (18 - 6 * k)) & 63]
      }
    }
    return encoded
  },
  decode(encoded) {
    let held = 0
    let bits = 0
    let bytes = ''
    for (const char of encoded.replace(/=+$/, '')) {
      held = ((held << 6) | alphabet.indexOf(char)) & 0xfffff
      bits += 6
      if (bits < 8) continue
      bits -= 8
      bytes += String.fromCharCode((held >> bits) & 255)
    }
    return bytes
  },
}
