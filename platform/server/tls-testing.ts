import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsFiles } from './config.ts'

/** Why no certificates can be made on this machine; undefined when they can. */
export function findOpensslObstacle(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'openssl is missing: apt-get install openssl'
  }
}

const openssl = (args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate authority of its own that signs certificates for this machine. */
export function createTestAuthority(dir: string): { issue(name: string): TlsFiles } {
  mkdirSync(dir, { recursive: true })
  const [ca, caKey] = [join(dir, 'ca.pem'), join(dir, 'ca.key')]
  openssl([
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    caKey,
    '-out',
    ca,
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  ])
  return {
    issue(name) {
      const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) =>
        join(dir, `${name}.${end}`),
      ) as [string, string, string, string]
      writeFileSync(
        extensions,
        'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n',
      )
      openssl(['req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`])
      openssl([
        ...['x509', '-req', '-in', request, '-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2'],
        ...['-extfile', extensions, '-out', cert],
      ])
      return { cert, key, ca }
    },
  }
}
