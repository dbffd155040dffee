import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

export const fieldProviders = ['aes-256-gcm', 'sm4-ctr-hmac-sm3'] as const
export type FieldProvider = (typeof fieldProviders)[number]

/** One installed key: what was written under it can be read as long as it is known. */
export type FieldKey = { key: Buffer; provider: FieldProvider; keyVersion: number }

/** Encryption and keyed hashes of direct identifiers; hashes of two kinds or two keys never meet. */
export type FieldCrypto = {
  readonly keyVersion: number
  encrypt(text: string): { cipher: Buffer; keyVersion: number }
  /** Throws when the bytes are not what `encrypt` gave under that version. */
  decrypt(cipher: Buffer, keyVersion: number): string
  hash(kind: string, text: string): Buffer
  /** The hash under every known key, newest first: what a search looks for. */
  searchHashes(kind: string, text: string): Buffer[]
}

/** One way to seal bytes; the first byte of what it gives says which. */
type Sealer = { seal(plain: Buffer): Buffer; open(sealed: Buffer): Buffer; digest: 'sha256' | 'sm3' }

/** What a person types in many ways becomes one text: searches and hashes use it, storage does not. */
export function normaliseIdentifier(kind: string, text: string): string {
  const trimmed = text.normalize('NFKC').trim()
  if (kind === 'name') return trimmed
  if (kind === 'phone') return trimmed.replace(/\D/g, '').replace(/^(?:00)?86(?=1\d{10}$)/, '')
  if (kind === 'national_id') return trimmed.toUpperCase()
  return text.trim()
}

const subKey = (key: Buffer, purpose: string, length: number): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `zhike field ${purpose}`, length)))

const aesMark = Buffer.from([1])
const sm4Mark = Buffer.from([2])
const aesNonceLength = 12
const aesTagLength = 16
const sm4NonceLength = 16
const sm3Length = 32

const damaged = () => new Error('An encrypted identifier is damaged or of another key.')

const aesSealer = (key: Buffer): Sealer => {
  const cipherKey = subKey(key, 'aes-256-gcm', 32)
  return {
    digest: 'sha256',
    seal(plain) {
      const nonce = randomBytes(aesNonceLength)
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce, { authTagLength: aesTagLength })
      cipher.setAAD(aesMark)
      return Buffer.concat([aesMark, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed) {
      if (sealed[0] !== aesMark[0] || sealed.length < 1 + aesNonceLength + aesTagLength) throw damaged()
      const nonce = sealed.subarray(1, 1 + aesNonceLength)
      const tag = sealed.subarray(-aesTagLength)
      const decipher = createDecipheriv('aes-256-gcm', cipherKey, nonce, { authTagLength: aesTagLength })
      decipher.setAAD(aesMark).setAuthTag(tag)
      try {
        return Buffer.concat([
          decipher.update(sealed.subarray(1 + aesNonceLength, -aesTagLength)),
          decipher.final(),
        ])
      } catch {
        throw damaged()
      }
    },
  }
}

/** Encrypt, then authenticate everything that was sealed: SM4 has no mode of its own that does both here. */
const sm4Sealer = (key: Buffer): Sealer => {
  const cipherKey = subKey(key, 'sm4-ctr', 16)
  const macKey = subKey(key, 'hmac-sm3', 32)
  const mac = (body: Buffer) => createHmac('sm3', macKey).update(body).digest()
  return {
    digest: 'sm3',
    seal(plain) {
      const nonce = randomBytes(sm4NonceLength)
      const cipher = createCipheriv('sm4-ctr', cipherKey, nonce)
      const body = Buffer.concat([sm4Mark, nonce, cipher.update(plain), cipher.final()])
      return Buffer.concat([body, mac(body)])
    },
    open(sealed) {
      if (sealed[0] !== sm4Mark[0] || sealed.length < 1 + sm4NonceLength + sm3Length) throw damaged()
      const body = sealed.subarray(0, -sm3Length)
      if (!timingSafeEqual(mac(body), sealed.subarray(-sm3Length))) throw damaged()
      const decipher = createDecipheriv('sm4-ctr', cipherKey, body.subarray(1, 1 + sm4NonceLength))
      return Buffer.concat([decipher.update(body.subarray(1 + sm4NonceLength)), decipher.final()])
    },
  }
}

const sealers: { readonly [P in FieldProvider]: (key: Buffer) => Sealer } = {
  'aes-256-gcm': aesSealer,
  'sm4-ctr-hmac-sm3': sm4Sealer,
}

function installKey({ key, provider, keyVersion }: FieldKey) {
  if (key.length !== 32) throw new Error('A field key has 32 bytes.')
  const sealer = sealers[provider](key)
  const hashKey = subKey(key, 'blind index', 32)
  return {
    keyVersion,
    sealer,
    // The kind's length keeps (kind, text) apart from any other split of the same characters.
    hash: (kind: string, text: string) =>
      createHmac(sealer.digest, hashKey)
        .update(`${kind.length}:${kind}:${normaliseIdentifier(kind, text)}`)
        .digest(),
  }
}

/** Encrypts under one key and reads what older ones wrote; every use has a sub-key of its own (HKDF). */
export function createFieldCrypto(current: FieldKey & { olderKeys?: readonly FieldKey[] }): FieldCrypto {
  const installed = [current, ...(current.olderKeys ?? [])].map(installKey)
  const byVersion = new Map(installed.map((each) => [each.keyVersion, each]))
  if (byVersion.size < installed.length) throw new Error('Two field keys have the same version.')
  const newest = installed[0]!
  return {
    keyVersion: newest.keyVersion,
    encrypt: (text) => ({ cipher: newest.sealer.seal(Buffer.from(text)), keyVersion: newest.keyVersion }),
    decrypt(cipher, keyVersion) {
      const key = byVersion.get(keyVersion)
      if (!key) throw new Error(`No field key of version ${keyVersion} is known.`)
      return key.sealer.open(cipher).toString()
    },
    hash: newest.hash,
    searchHashes: (kind, text) => installed.map((each) => each.hash(kind, text)),
  }
}

const keyPattern = /^[0-9a-f]{64}$/

const parseKey = (text: string, where: string): Buffer => {
  if (!keyPattern.test(text)) throw new Error(`${where} must hold 64 hexadecimal digits.`)
  return Buffer.from(text, 'hex')
}

/** Made aside, then linked: a crash leaves no half key, and of two that start at once one key wins. */
async function makeKeyFile(path: string): Promise<void> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(32).toString('hex')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}

const readKeyFile = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/** The key of the settings, or the one in the data directory, which is made (0600) when there is none. */
export async function loadFieldKey(options: {
  dataDir: string
  fieldKey?: string | undefined
}): Promise<Buffer> {
  if (options.fieldKey !== undefined) return parseKey(options.fieldKey, 'ZHIKE_FIELD_KEY')
  const path = join(options.dataDir, 'field.key')
  let text = await readKeyFile(path)
  if (text === undefined) {
    await mkdir(options.dataDir, { recursive: true })
    await makeKeyFile(path)
    text = await readFile(path, 'utf8')
  }
  return parseKey(text.trim(), path)
}
