/** Base64 as `btoa` and `atob` do it: one character is one byte. */
export interface Base64 {
  encode(bytes: string): string
  decode(encoded: string): string
}

/** What browsers and Node have. */
export const platformBase64: Base64 = { encode: (bytes) => btoa(bytes), decode: (encoded) => atob(encoded) }
