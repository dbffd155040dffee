import { randomUUID } from 'node:crypto'
import type { IngestAnswer } from '#features/ingest/common/ingest.ts'
import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import type { CustomerTokens } from '#features/ingest/server/customer-token.ts'
import {
  type HashIdentities,
  identifyMessage,
  type MessageIdentity,
} from '#features/ingest/server/identify-message.ts'
import { messageBytes, noVisitor } from '#features/ingest/server/ids.ts'
import type { IngestCounters } from '#features/ingest/server/ingest-counters.ts'
import type { KnownCustomers } from '#features/ingest/server/known-customers.ts'
import type { CustomerLimits } from '#features/ingest/server/limit-customer.ts'
import {
  type NormalisedMessage,
  normaliseSegment,
  type WireType,
} from '#features/ingest/server/normalise-segment.ts'
import { createPlainBatches, type PlainBatch } from '#features/ingest/server/plain-batch.ts'
import type { PlanFinding, PlanGate } from '#features/ingest/server/plan-gate.ts'
import { normaliseSegmentWire } from '#features/ingest/server/protocols/segment.ts'
import { type Refused, rejectOf, safePath, textOf } from '#features/ingest/server/refused-message.ts'
import type { Spool } from '#features/ingest/server/spool.ts'
import {
  type EventRecord,
  type ReadyEvent,
  writeEvent,
  writeReady,
  writeReject,
  writeTally,
} from '#features/ingest/server/spool-record.ts'
import type { TakenWatcher } from '#features/ingest/server/taken-message.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'

export type CollectorDeps = {
  spool: Pick<Spool, 'append'>
  tokens: CustomerTokens
  counters: IngestCounters
  clock: Clock
  timeZone: string
  /** The tracking plan as it is now; none: everything may happen. */
  plan?: (() => PlanGate | undefined) | undefined
  /** Without it identities are left out. */
  hashIdentities?: HashIdentities | undefined
  /** Customers whose ids are known: their messages become whole rows at once. */
  known?: Pick<KnownCustomers, 'find'> | undefined
  debug?: TakenWatcher | undefined
  /** Without it one customer may send as much as its source. */
  perCustomer?: Pick<CustomerLimits, 'take'> | undefined
  /** Events that happened before are refused. */
  oldestMs?: (() => number | undefined) | undefined
}

/** What an adapter knows of a batch besides its messages. */
export type BatchOptions = {
  /** The client's clock when it sent: ISO 8601 or milliseconds. */
  sentAt?: unknown
  /** Which client format it came in. */
  protocol?: string
  /** A reject sent again: refused once more, it stays the reject it is. */
  isReplay?: boolean
}

const nativeProtocol = 'segment'

type Taken = { message: NormalisedMessage; record: EventRecord; findings: readonly PlanFinding[] }

const noFindings: readonly PlanFinding[] = []

function recordOf(
  key: WriteKey,
  message: NormalisedMessage,
  identity: MessageIdentity,
  nowMs: number,
): EventRecord {
  const { traits, operation } = message
  return {
    customerNo: identity.customerNo,
    customerId: 0,
    visitor: identity.visitor,
    bound: identity.bound,
    proof: identity.proof,
    occurredAtMs: message.occurredAtMs,
    clientAtMs: message.clientAtMs,
    receivedAtMs: nowMs,
    msg: messageBytes(key.source, message.messageId ?? randomUUID()),
    name: message.name,
    source: key.source,
    props: message.props,
    profile: traits && operation && identity.customerNo !== '' ? { operation, traits } : undefined,
    identities: identity.identities,
  }
}

const isPlain = (record: EventRecord): record is EventRecord & { occurredAtMs: number; clientAtMs: number } =>
  record.customerNo !== '' &&
  record.clientAtMs !== undefined &&
  record.bound === undefined &&
  record.profile === undefined &&
  record.identities.length === 0 &&
  record.name !== 'logged_out'

/** Takes messages: reads them, decides whom they can be of, and puts them on disk. */
export function createCollector(deps: CollectorDeps) {
  const plainBatches = createPlainBatches()

  /** What customer each token of the batch proves; nearly always there is none to look at. */
  async function prove(key: WriteKey, messages: readonly (NormalisedMessage | undefined)[]) {
    const proven = new Map<string, string | undefined>()
    if (key.kind === 'trusted') return proven
    for (const message of messages)
      if (message?.token && !proven.has(message.token))
        proven.set(message.token, await deps.tokens.verify(key, message.token))
    return proven
  }

  /** Whom a message is of, unless that one sends too much; without a time it may send anything. */
  function identify(key: WriteKey, message: NormalisedMessage, token: string | undefined, nowMs?: number) {
    const identity = identifyMessage(key, message, token, deps.hashIdentities)
    if (identity.problem || nowMs === undefined) return identity
    const problem = deps.perCustomer?.take(key, identity, nowMs)
    return problem ? { problem } : identity
  }

  /** Leaves out what the plan calls an identifier, then asks it about the rest. */
  function checkPlan(plan: PlanGate, key: WriteKey, message: NormalisedMessage): readonly PlanFinding[] {
    if (message.props.some(([prop]) => plan.classOf(message.name, prop) === 'identifier')) {
      const kept = message.props.filter(([prop]) => plan.classOf(message.name, prop) !== 'identifier')
      message.dropped += message.props.length - kept.length
      message.props = kept
    }
    const findings = plan.check(key.source, message.name, message.props)
    for (const finding of findings) deps.counters.note(finding.code)
    return findings
  }

  function look(
    key: WriteKey,
    protocol: string,
    inputs: readonly unknown[],
    taken: Taken[],
    refused: Refused[],
  ) {
    const { debug } = deps
    if (!debug?.isOn()) return
    const { source } = key
    const receivedAtMs = deps.clock.now().getTime()
    for (const { message, record, findings } of taken)
      debug.seen({
        ...{ source, protocol, receivedAtMs, name: message.name, props: message.props },
        ...{ messageId: message.messageId, anonymousId: message.anonymousId },
        ...{ customerNoClaimed: message.userId, customerNoProven: record.customerNo || undefined },
        ...{ occurredAtMs: message.occurredAtMs, outcome: { accepted: true, findings } },
      })
    for (const { index, messageId, problem } of refused)
      debug.seen({
        ...{ source, protocol, receivedAtMs, name: textOf(inputs[index], 'event') ?? '', props: [] },
        ...{
          messageId: messageId ?? undefined,
          customerNoClaimed: textOf(inputs[index], 'userId') ?? undefined,
        },
        ...{ anonymousId: textOf(inputs[index], 'anonymousId') ?? undefined, customerNoProven: undefined },
        ...{ occurredAtMs: undefined, outcome: { accepted: false, problem } },
      })
  }

  /** A message is ready when its customer's id is known and it says nothing else of anybody. */
  function divide(taken: readonly Taken[]): { ready: ReadyEvent[]; open: EventRecord[] } {
    const ready: ReadyEvent[] = []
    const open: EventRecord[] = []
    for (const { record } of taken) {
      const customerId = isPlain(record) ? deps.known?.find(record.customerNo) : undefined
      if (customerId === undefined) open.push(record)
      else {
        record.customerId = customerId
        ready.push(record as ReadyEvent)
      }
    }
    return { ready, open }
  }

  const calm = { customerNo: '', visitor: noVisitor }
  /** The id of a known customer who does not send too much: who does is left to the rules in full, which say so. */
  function findCalm(key: WriteKey, customerNo: string): number | undefined {
    const customerId = deps.known?.find(customerNo)
    if (customerId === undefined || !deps.perCustomer) return customerId
    calm.customerNo = customerNo
    return deps.perCustomer.take(key, calm, deps.clock.now().getTime()) ? undefined : customerId
  }

  /** The body's messages where they lie, as far as they are plain; undefined where the rules in full must read it. */
  function readPlain(key: WriteKey, body: Buffer): PlainBatch | undefined {
    const { known, debug } = deps
    // Of a public source each message may carry a token, and whoever looks on wants to see messages, not rows.
    if (key.kind !== 'trusted' || !known || debug?.isOn()) return undefined
    return plainBatches.read(body, deps.timeZone, {
      ...{ source: key.source, nowMs: deps.clock.now().getTime(), oldestMs: deps.oldestMs?.() },
      ...{ plan: deps.plan?.(), findCustomer: (customerNo) => findCalm(key, customerNo) },
    })
  }

  function noteFindings(source: string, { noted }: PlainBatch): void {
    const quiet = deps.plan?.()?.quiet
    for (const { event, findings, count } of noted) {
      quiet?.note(source, event, findings, count)
      for (const { code } of findings) deps.counters.note(code, count)
    }
  }

  /** Takes messages; `plain` are those of the same request that are rows already. */
  async function take(
    key: WriteKey,
    inputs: readonly unknown[],
    options: BatchOptions,
    type?: WireType,
    plain: PlainBatch | undefined = undefined,
  ) {
    const nowMs = deps.clock.now().getTime()
    const { protocol = nativeProtocol, sentAt } = options
    const reading = { type, nowMs, timeZone: deps.timeZone, sentAt, oldestMs: deps.oldestMs?.() }
    const plan = deps.plan?.()
    const refused: Refused[] = []
    const refuse = (index: number, problem: Problem) =>
      refused.push({ index, messageId: textOf(inputs[index], 'messageId'), problem })
    const messages = inputs.map((input, index) => {
      const { message, problem } = normaliseSegment(input, reading)
      if (problem) refuse(index, problem)
      return message
    })
    const proven = key.kind === 'public' ? await prove(key, messages) : undefined
    const taken: Taken[] = []
    let dropped = 0
    for (let index = 0; index < messages.length; index += 1) {
      const message = messages[index]
      if (!message) continue
      const token = message.token && proven?.get(message.token)
      const identity = identify(key, message, token, options.isReplay ? undefined : nowMs)
      if (identity.problem) {
        refuse(index, identity.problem)
        continue
      }
      const findings = plan ? checkPlan(plan, key, message) : noFindings
      if (findings[0] && plan?.modeOf(key.source) === 'enforce') {
        refuse(index, findings[0])
        continue
      }
      dropped += message.dropped
      taken.push({ message, record: recordOf(key, message, identity, nowMs), findings })
    }
    const recorded = options.isReplay ? [] : refused
    const rejects = recorded.map((one) => rejectOf(key, one, inputs[one.index], nowMs, protocol))
    const accepted = taken.length + (plain?.lengths.length ?? 0)
    const tally = { accepted, rejected: refused.length, dropped, source: key.source, protocol }
    const { ready, open } = divide(taken)
    if (accepted + refused.length > 0)
      await deps.spool.append((writer, patches) => {
        if (accepted > open.length) writeReady(writer, patches, ready, plain)
        for (const record of open) writeEvent(writer, patches, record)
        for (const reject of rejects) writeReject(writer, patches, reject)
        writeTally(writer, patches, { ...tally, receivedAtMs: nowMs })
      })
    deps.counters.accept(accepted, dropped)
    if (plain) noteFindings(key.source, plain)
    for (const { problem } of refused) deps.counters.reject(problem.code)
    look(key, protocol, inputs, taken, refused)
    return { accepted, refused: refused.sort((a, b) => a.index - b.index) }
  }

  const answer = (accepted: number, refused: readonly Refused[]): IngestAnswer => ({
    accepted,
    rejected: refused.map(({ index, messageId, problem }) => ({
      index,
      messageId,
      code: problem.code,
      detail: problem.path ? `${safePath(problem.path)}: ${problem.detail}` : problem.detail,
    })),
  })

  return {
    readPlain,
    /** Takes what `readPlain` gave, which must have been just now. */
    async takePlain(key: WriteKey, plain: PlainBatch): Promise<IngestAnswer> {
      const { others, sentAt } = plain
      const inputs = others.map(({ input }) => normaliseSegmentWire(input))
      const { accepted, refused } = await take(key, inputs, { sentAt }, undefined, plain)
      return answer(
        accepted,
        refused.map((one) => ({ ...one, index: others[one.index]!.index })),
      )
    },
    /** Takes a batch; resolves once everything accepted is on disk. */
    async takeBatch(
      key: WriteKey,
      inputs: readonly unknown[],
      options: BatchOptions = {},
    ): Promise<IngestAnswer> {
      const { accepted, refused } = await take(key, inputs, options)
      return answer(accepted, refused)
    },
    /** Takes one message; gives what is wrong with it, if anything. */
    async takeOne(
      key: WriteKey,
      input: unknown,
      type?: WireType,
      options: BatchOptions = {},
    ): Promise<Problem | undefined> {
      const { refused } = await take(key, [input], options, type)
      const problem = refused[0]?.problem
      return problem && { ...problem, path: safePath(problem.path) }
    },
  }
}

export type Collector = ReturnType<typeof createCollector>
