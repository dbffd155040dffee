import type { Base64 } from './base64.ts'

export interface TokenClaims {
  /** The customer number. */
  sub?: string
  /** Seconds since 1970. */
  exp?: number
  iat?: number
}

/** What a JWT says of itself. Nothing is verified here: that is the server's part. Anything else than a JWT says nothing. */
export function readClaims(token: string, { decode }: Base64): TokenClaims {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')
    const escaped = decode(payload).replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
    const claims: unknown = JSON.parse(decodeURIComponent(escaped))
    return claims && typeof claims === 'object' ? (claims as TokenClaims) : {}
  } catch {
    return {}
  }
}
