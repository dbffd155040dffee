import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ConfigError, type TlsFiles } from './config.ts'

/** A certificate with its key, and those that have to have signed the other side's. */
export type TlsMaterial = { cert: Buffer; key: Buffer; ca: Buffer }

/** Reads and tries the files; a wrong one is said by the name of its setting. */
export function readTlsMaterial(files: TlsFiles): TlsMaterial {
  const read = (name: string, path: string): Buffer => {
    try {
      return readFileSync(path)
    } catch (error) {
      throw new ConfigError(`${name}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    }
  }
  const material = {
    cert: read('ZHIKE_TLS_CERT', files.cert),
    key: read('ZHIKE_TLS_KEY', files.key),
    ca: read('ZHIKE_TLS_CA', files.ca),
  }
  try {
    createSecureContext(material)
  } catch {
    throw new ConfigError('ZHIKE_TLS_CERT, ZHIKE_TLS_KEY, ZHIKE_TLS_CA: no certificate (PEM) with its key.')
  }
  return material
}
