import { randomUUID } from 'node:crypto'
import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import type { IngestAnswer } from '#features/ingest/common/ingest.ts'
import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import type { CustomerTokens } from '#features/ingest/server/customer-token.ts'
import { messageBytes, noVisitor, type VisitorBits, visitorBits } from '#features/ingest/server/ids.ts'
import type { IngestCounters } from '#features/ingest/server/ingest-counters.ts'
import {
  type MessageType,
  type NormalisedMessage,
  normaliseSegment,
} from '#features/ingest/server/normalise-segment.ts'
import type { Spool } from '#features/ingest/server/spool.ts'
import {
  type EventRecord,
  type Proof,
  type RejectRecord,
  writeEvent,
  writeReject,
} from '#features/ingest/server/spool-record.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'

export type CollectorDeps = {
  spool: Pick<Spool, 'append'>
  tokens: CustomerTokens
  counters: IngestCounters
  clock: Clock
  timeZone: string
}

type Refused = { index: number; messageId: string | null; problem: Problem }
type Identity = Pick<EventRecord, 'customerNo' | 'visitor' | 'bound' | 'proof'> & { problem: undefined }

const visitorOrNone = (anonymousId: string | undefined): VisitorBits =>
  anonymousId ? visitorBits(anonymousId) : noVisitor

const ofVisitor = (visitor: VisitorBits): Identity => ({
  ...{ customerNo: '', visitor, bound: undefined, proof: undefined, problem: undefined },
})

const ofCustomer = (
  customerNo: string,
  visitor: VisitorBits,
  bound: VisitorBits | undefined,
  proof: Proof,
): Identity => ({
  customerNo,
  visitor,
  bound: bound === noVisitor ? undefined : bound,
  proof,
  problem: undefined,
})

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

/** A trusted source names customers; its identify (and alias) says that the device is theirs. */
function identityOfTrusted(message: NormalisedMessage): Identity | { problem: Problem } {
  const { userId, type } = message
  const isAlias = type === 'alias'
  const visitor = visitorOrNone(message.anonymousId ?? (isAlias ? message.previousId : undefined))
  if (userId === undefined) return visitor === noVisitor ? { problem: missing } : ofVisitor(visitor)
  if (!plainNo.test(userId) && !isCustomerNo(userId)) return { problem: impossible }
  const bound = isAlias && message.previousId ? visitorBits(message.previousId) : visitor
  return ofCustomer(userId, visitor, isAlias || type === 'identify' ? bound : undefined, 'trusted_source')
}

/** A public source proves a customer by token; what it merely claims stays on the visitor. */
function identityOfPublic(
  key: WriteKey,
  message: NormalisedMessage,
  proven: string | undefined,
): Identity | { problem: Problem } {
  const { userId, anonymousId } = message
  const visitor = visitorOrNone(anonymousId)
  if (proven !== undefined && (userId === undefined || userId === proven))
    return ofCustomer(proven, visitor, visitor, 'customer_token')
  if (visitor !== noVisitor) return ofVisitor(visitor)
  if (userId === undefined) return { problem: missing }
  // A claim without a device gets a visitor of its own that no device can be.
  return ofVisitor(visitorBits(`\0claim\0${key.source}\0${userId}`))
}

/** Long digit runs in a path may be somebody's number. */
const safePath = (path: string): string => path.slice(0, 200).replace(/\d{6,}/g, '*')

const messageIdOf = (input: unknown): string | null => {
  const id = typeof input === 'object' && input !== null ? (input as { messageId?: unknown }).messageId : null
  return typeof id === 'string' ? id.slice(0, 200) : null
}

const tokensOf = (messages: readonly (NormalisedMessage | undefined)[]): Set<string> =>
  new Set(messages.flatMap((message) => message?.token ?? []))

/** Takes messages: reads them, decides whom they can be of, and puts them on disk. */
export function createCollector(deps: CollectorDeps) {
  async function prove(key: WriteKey, messages: readonly (NormalisedMessage | undefined)[]) {
    const proven = new Map<string, string | undefined>()
    if (key.kind === 'trusted') return proven
    for (const token of tokensOf(messages)) proven.set(token, await deps.tokens.verify(key, token))
    return proven
  }

  const identityOf = (key: WriteKey, message: NormalisedMessage, proven: string | undefined) =>
    key.kind === 'trusted' ? identityOfTrusted(message) : identityOfPublic(key, message, proven)

  const recordOf = (
    key: WriteKey,
    message: NormalisedMessage,
    identity: Identity,
    nowMs: number,
  ): EventRecord => ({
    customerNo: identity.customerNo,
    customerId: 0,
    visitor: identity.visitor,
    bound: identity.bound,
    proof: identity.proof,
    occurredAtMs: message.occurredAtMs,
    receivedAtMs: nowMs,
    msg: messageBytes(key.source, message.messageId ?? randomUUID()),
    name: message.name,
    source: key.source,
    props: message.props,
    traits: identity.customerNo === '' ? undefined : message.traits,
  })

  const rejectOf = (key: WriteKey, refused: Refused, receivedAtMs: number): RejectRecord => ({
    receivedAtMs,
    source: key.source,
    messageId: refused.messageId ?? '',
    code: refused.problem.code,
    path: safePath(refused.problem.path),
    detail: refused.problem.detail.slice(0, 500),
  })

  async function take(key: WriteKey, inputs: readonly unknown[], type?: MessageType) {
    const nowMs = deps.clock.now().getTime()
    const refused: Refused[] = []
    const refuse = (index: number, problem: Problem) =>
      refused.push({ index, messageId: messageIdOf(inputs[index]), problem })
    const messages = inputs.map((input, index) => {
      const { message, problem } = normaliseSegment(input, { type, nowMs, timeZone: deps.timeZone })
      if (problem) refuse(index, problem)
      return message
    })
    const proven = await prove(key, messages)
    const records: EventRecord[] = []
    let dropped = 0
    for (const [index, message] of messages.entries()) {
      if (!message) continue
      const identity = identityOf(key, message, message.token && proven.get(message.token))
      if (identity.problem) {
        refuse(index, identity.problem)
        continue
      }
      dropped += message.dropped
      records.push(recordOf(key, message, identity, nowMs))
    }
    if (records.length + refused.length > 0)
      await deps.spool.append((writer, patches) => {
        for (const record of records) writeEvent(writer, patches, record)
        for (const one of refused) writeReject(writer, patches, rejectOf(key, one, nowMs))
      })
    deps.counters.accept(records.length, dropped)
    for (const { problem } of refused) deps.counters.reject(problem.code)
    return { accepted: records.length, refused: refused.sort((a, b) => a.index - b.index) }
  }

  return {
    /** Takes a batch; resolves once everything accepted is on disk. */
    async takeBatch(key: WriteKey, inputs: readonly unknown[]): Promise<IngestAnswer> {
      const { accepted, refused } = await take(key, inputs)
      return {
        accepted,
        rejected: refused.map(({ index, messageId, problem }) => ({
          index,
          messageId,
          code: problem.code,
          detail: problem.path ? `${safePath(problem.path)}: ${problem.detail}` : problem.detail,
        })),
      }
    },
    /** Takes one message; gives what is wrong with it, if anything. */
    async takeOne(key: WriteKey, input: unknown, type: MessageType): Promise<Problem | undefined> {
      const { refused } = await take(key, [input], type)
      const problem = refused[0]?.problem
      return problem && { ...problem, path: safePath(problem.path) }
    },
  }
}

export type Collector = ReturnType<typeof createCollector>
