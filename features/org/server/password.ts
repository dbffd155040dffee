import { hash, verify } from '@node-rs/argon2'

/** OWASP's Argon2id minimum: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password, cost)

let unknownUserHash: Promise<string> | undefined

/** Checks a password; without a stored hash it spends the same time, so that answers don't tell who exists. */
export async function isPassword(stored: string | null | undefined, password: string): Promise<boolean> {
  if (stored) return verify(stored, password)
  unknownUserHash ??= hashPassword('no such user')
  await verify(await unknownUserHash, password)
  return false
}
