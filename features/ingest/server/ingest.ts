import { randomUUID } from 'node:crypto'
import type { Audit } from '#features/audit/server/index.ts'
import { createProfileOperations } from '#features/customers/server/index.ts'
import type { IngestStatus } from '#features/ingest/common/ingest.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { createBindingStore } from '#features/ingest/server/binding-store.ts'
import { createCollector } from '#features/ingest/server/collector.ts'
import { createCustomerTokens } from '#features/ingest/server/customer-token.ts'
import { createDebugHub } from '#features/ingest/server/debug-hub.ts'
import { createDebugStore } from '#features/ingest/server/debug-store.ts'
import { createDebugStreams } from '#features/ingest/server/debug-stream.ts'
import { createIdentity } from '#features/ingest/server/identity.ts'
import { hashIdentities } from '#features/ingest/server/identity-links.ts'
import { messageBytes, noVisitor } from '#features/ingest/server/ids.ts'
import { createIngestCounters } from '#features/ingest/server/ingest-counters.ts'
import type { KafkaOptions } from '#features/ingest/server/kafka-client.ts'
import { createKnownCustomers } from '#features/ingest/server/known-customers.ts'
import { createCustomerLimits } from '#features/ingest/server/limit-customer.ts'
import { createLimits } from '#features/ingest/server/limit-rate.ts'
import type { IngestCustomers } from '#features/ingest/server/load-segment.ts'
import { createLoader } from '#features/ingest/server/loader.ts'
import type { PlanGate } from '#features/ingest/server/plan-gate.ts'
import { createProcessPresence } from '#features/ingest/server/rate-process.ts'
import { createRateStore } from '#features/ingest/server/rate-store.ts'
import { createIngestReads } from '#features/ingest/server/reads.ts'
import { createEventAge } from '#features/ingest/server/retention-age.ts'
import { openRoad } from '#features/ingest/server/road-open.ts'
import { createSources, loadWriteKeys, platformSource } from '#features/ingest/server/sources.ts'
import type { Log } from '#features/ingest/server/spool.ts'
import { writeReady, writeTally } from '#features/ingest/server/spool-record.ts'
import { createTouches } from '#features/ingest/server/touch-store.ts'
import { createWriteKeys } from '#features/ingest/server/write-keys.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { findInsertDurability } from '#platform/server/clickhouse/find-insert-durability.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type IngestDeps = {
  pg: Postgres
  ch: ClickHouse
  /** The spool lies in its folder `spool`. */
  dataDir: string
  clock: Clock
  spoolLimitBytes: number
  /** The log between collecting and loading; without it the spool of this process. */
  kafka?: KafkaOptions | undefined
  /** Whether this process loads from Kafka. */
  isLoading?: boolean
  customers: IngestCustomers
  audit: Audit
  log: Log
  /** The bank's zone, for times that name none. */
  timeZone?: string
  /** Hashes identities that messages name; without it they are left out. */
  crypto?: Pick<FieldCrypto, 'hash'>
  /** The tracking plan as it is now; without it everything may happen. */
  plan?: () => PlanGate | undefined
}

/** An event of the platform's own about a known customer. */
export type InternalEvent = {
  name: string
  customerId: number
  /** Equal on every repetition: the event counts once. */
  messageId: string
  occurredAt: Date
  properties: Readonly<Record<string, string | number | boolean | null | undefined>>
}

const flushSeconds = 60

const textPairs = (properties: InternalEvent['properties']): [string, string][] =>
  Object.entries(properties).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined ? [] : [[name, String(value)]],
  )

export type Ingest = Awaited<ReturnType<typeof createIngest>>

/** Puts collecting together: keys, spool, loader. Opens the spool's folder, which one process may use at a time. */
export async function createIngest(deps: IngestDeps) {
  const { pg, ch, clock, log, customers, timeZone = 'Asia/Shanghai' } = deps
  const { kafka, isLoading = true } = deps
  const spool = await openRoad({ ...deps, kafka, isLoading })
  const eventAge = createEventAge({ pg, clock })
  const loadKeys = async () => {
    await eventAge.reload()
    return loadWriteKeys(pg)
  }
  const keys = createWriteKeys({ load: loadKeys, clock })
  const tokens = createCustomerTokens({ clock })
  const counters = createIngestCounters()
  const rates = createRateStore({ ch, clock })
  const limits = createLimits({ nowMs: () => clock.now().getTime() })
  const debugStore = createDebugStore({ pg, audit: deps.audit, clock, newId: randomUUID })
  const debug = createDebugHub({
    store: debugStore,
    onError: (error) => log(error, 'the live view of events fails; collecting goes on'),
  })
  const debugStreams = createDebugStreams({ store: debugStore, clock })
  const known = createKnownCustomers()
  const { crypto } = deps
  const collector = createCollector({
    ...{ spool, tokens, counters, clock, timeZone, known, debug, plan: deps.plan },
    perCustomer: createCustomerLimits(),
    oldestMs: eventAge.oldestMs,
    hashIdentities: crypto && ((identities) => hashIdentities(crypto, identities)),
  })
  const store = createBindingStore({ pg, clock })
  const touches = createTouches({ pg })
  const identity = createIdentity({ pg, ch, clock, store, audit: deps.audit, customers, touches, log })
  const profiles = createProfileOperations({ pg, ch, clock })
  const loader = createLoader({
    ...{
      spool,
      ch,
      store,
      identity: identity.loading,
      customers,
      profiles,
      known,
      rates,
      touches,
      clock,
      log,
    },
  })

  async function warnIfNotDurable(): Promise<void> {
    if (ch.kind === 'embedded') return
    const { isDurable, missing } = await findInsertDurability(ch, 'event')
    if (!isDurable) log(undefined, `the ClickHouse server can lose loaded events: set ${missing.join(', ')}`)
  }

  /** The customer number a token proves for that write key, if any; throws WRITE_KEY_UNKNOWN. */
  async function verifyCustomerToken(writeKey: string, token: string): Promise<string | undefined> {
    const key = await keys.get(writeKey)
    return tokens.verify(key, token)
  }

  function status(): IngestStatus {
    const { bytes, segments } = spool.status()
    const { loaded, brokenSegments, lastLoadAt, lastError } = loader.status()
    return {
      spoolBytes: bytes,
      spoolSegments: segments,
      ...counters.read(),
      loaded,
      brokenSegments,
      lastLoadAt: lastLoadAt?.toISOString() ?? null,
      lastError: lastError ?? null,
    }
  }
  const sources = createSources({ pg, audit: deps.audit, clock, onChange: () => keys.reload() })
  const presence = createProcessPresence({
    pg,
    clock,
    processId: randomUUID(),
    status,
    alsoOnBeat: () => sources.keys.markUsed(keys.takeUsed(), bankDay(clock.now(), timeZone)),
  })

  return {
    collector,
    keys,
    /** Where the events of edge processes go in. */
    road: spool,
    counters,
    sources,
    limits,
    eventAge,
    rates,
    presence,
    /** The live view: who watches, and streams to them. */
    debug: { hub: debug, store: debugStore, streams: debugStreams },
    reads: createIngestReads({ ch, clock, timeZone }),
    async start(): Promise<void> {
      await warnIfNotDurable()
      await keys.reload()
      if (isLoading || !kafka) loader.start()
      debug.start()
      presence.start()
    },
    /** Takes no more, loads what it can within `drainMs`, ends. What is left on disk is loaded at the next start. */
    async stop(drainMs = 10_000): Promise<void> {
      debug.stop()
      debugStreams.stop()
      presence.stop()
      await spool.close()
      await loader.drain(drainMs)
      await loader.stop()
      await spool.release?.()
    },
    /** Waits until everything acknowledged so far can be queried; throws INGEST_BEHIND after a minute. */
    async flush(seconds = flushSeconds): Promise<void> {
      if (!(await loader.drain(seconds * 1000))) throw ingestError('INGEST_BEHIND', { seconds })
    },
    /** Takes events of the platform's own; resolves once they are on disk. */
    async append(events: readonly InternalEvent[]): Promise<void> {
      if (events.length === 0) return
      const receivedAtMs = clock.now().getTime()
      await spool.append((writer, patches) => {
        writeReady(
          writer,
          patches,
          events.map((event) => ({
            customerId: event.customerId,
            visitor: noVisitor,
            occurredAtMs: event.occurredAt.getTime(),
            clientAtMs: event.occurredAt.getTime(),
            receivedAtMs,
            msg: messageBytes(platformSource, event.messageId),
            name: event.name,
            source: platformSource,
            props: textPairs(event.properties),
          })),
        )
        const tally = { protocol: platformSource, accepted: events.length, rejected: 0, dropped: 0 }
        writeTally(writer, patches, { ...tally, receivedAtMs, source: platformSource })
      })
    },
    verifyCustomerToken,
    /** The known customer a token proves; undefined when it proves nobody, or nobody the bank has told us of. */
    async resolveCustomer(writeKey: string, token: string) {
      const customerNo = await verifyCustomerToken(writeKey, token)
      if (customerNo === undefined) return undefined
      const ids = await customers.resolveCustomerNos([customerNo], { createProvisional: false })
      const customerId = ids.get(customerNo)
      return customerId === undefined ? undefined : { customerNo, customerId }
    },
    /** Bindings seen and undone, numbers merged and split. */
    identity,
    reloadKeys: (): Promise<void> => keys.reload(),
    status,
  }
}
