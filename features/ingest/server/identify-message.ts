import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import { type SpooledIdentity, visitorOfIdentity } from '#features/ingest/server/identity-links.ts'
import { noVisitor, type VisitorBits, visitorBits } from '#features/ingest/server/ids.ts'
import type { NormalisedMessage } from '#features/ingest/server/normalise-segment.ts'
import type { EventRecord, Proof } from '#features/ingest/server/spool-record.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

/** Whom a message is of, as far as its key and token prove it. */
export type MessageIdentity = Pick<
  EventRecord,
  'customerNo' | 'visitor' | 'bound' | 'proof' | 'identities'
> & {
  problem?: undefined
}
type Answer = MessageIdentity | { problem: Problem }

const none: readonly SpooledIdentity[] = []

const visitorOrNone = (anonymousId: string | undefined): VisitorBits =>
  anonymousId ? visitorBits(anonymousId) : noVisitor

const ofVisitor = (
  visitor: VisitorBits,
  identities = none,
  proof: Proof | undefined = undefined,
): MessageIdentity => ({ customerNo: '', visitor, bound: undefined, proof, identities })

function ofCustomer(
  customerNo: string,
  visitor: VisitorBits,
  bound: VisitorBits | undefined,
  proof: Proof,
  identities = none,
): MessageIdentity {
  return { customerNo, visitor, bound: bound === noVisitor ? undefined : bound, proof, identities }
}

/** Nearly every number is plain text, which the full check takes ten times as long for. */
const plainNo = /^[\x21-\x7e]{1,64}$/

const missing: Problem = {
  code: 'FIELD_MISSING',
  path: 'userId',
  detail: 'one of userId and anonymousId is needed',
}
const impossible: Problem = {
  code: 'FIELD_INVALID',
  path: 'userId',
  detail: 'userId is no customer number: 1 to 64 characters',
}

function visitorOf64(identity: SpooledIdentity): VisitorBits {
  const bits = visitorOfIdentity(identity)
  return { hi: Number(bits >> 32n), lo: Number(bits & 0xffffffffn) }
}

/** A trusted source names customers; its identify (and alias) says that the device is theirs. */
function identityOfTrusted(message: NormalisedMessage, identities: readonly SpooledIdentity[]): Answer {
  const { userId, type } = message
  const isAlias = type === 'alias'
  const visitor = visitorOrNone(message.anonymousId ?? (isAlias ? message.previousId : undefined))
  if (userId === undefined) {
    // An id of a person says more than a device: the message lies where its customer will be found.
    if (identities[0]) return ofVisitor(visitorOf64(identities[0]), identities, 'trusted_source')
    return visitor === noVisitor ? { problem: missing } : ofVisitor(visitor, identities, 'trusted_source')
  }
  if (!plainNo.test(userId) && !isCustomerNo(userId)) return { problem: impossible }
  if (!isAlias && type !== 'identify')
    return ofCustomer(userId, visitor, undefined, 'trusted_source', identities)
  const bound = isAlias && message.previousId ? visitorBits(message.previousId) : visitor
  return ofCustomer(userId, visitor, bound, 'trusted_source', identities)
}

/** A public source proves a customer by token; what it merely claims stays on the visitor. */
function identityOfPublic(key: WriteKey, message: NormalisedMessage, proven: string | undefined): Answer {
  const { userId, anonymousId } = message
  const visitor = visitorOrNone(anonymousId)
  if (proven !== undefined && (userId === undefined || userId === proven))
    return ofCustomer(proven, visitor, visitor, 'customer_token')
  if (visitor !== noVisitor) return ofVisitor(visitor)
  if (userId === undefined) return { problem: missing }
  // A claim without a device gets a visitor of its own that no device can be.
  return ofVisitor(visitorBits(`\0claim\0${key.source}\0${userId}`))
}

/** Hashes the identities a message names; nobody's clear text goes any further. */
export type HashIdentities = (identities: Readonly<Record<string, string>>) => readonly SpooledIdentity[]

/** Whom a message is of; identities are believed of trusted sources only. */
export function identifyMessage(
  key: WriteKey,
  message: NormalisedMessage,
  proven: string | undefined,
  hashIdentities: HashIdentities | undefined,
): Answer {
  if (key.kind === 'public') return identityOfPublic(key, message, proven)
  const { identities } = message
  return identityOfTrusted(message, identities && hashIdentities ? hashIdentities(identities) : none)
}
