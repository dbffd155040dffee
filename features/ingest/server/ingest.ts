import { join } from 'node:path'
import type { Audit } from '#features/audit/server/index.ts'
import type { IngestStatus } from '#features/ingest/common/ingest.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { createBindingStore } from '#features/ingest/server/binding-store.ts'
import { createCollector } from '#features/ingest/server/collector.ts'
import { createCustomerTokens } from '#features/ingest/server/customer-token.ts'
import { messageBytes, noVisitor } from '#features/ingest/server/ids.ts'
import { createIngestCounters } from '#features/ingest/server/ingest-counters.ts'
import { createLateBinding } from '#features/ingest/server/late-binding.ts'
import type { IngestCustomers } from '#features/ingest/server/load-segment.ts'
import { createLoader } from '#features/ingest/server/loader.ts'
import { createIngestReads } from '#features/ingest/server/reads.ts'
import { createSources, loadWriteKeys, platformSource } from '#features/ingest/server/sources.ts'
import { type Log, openSpool } from '#features/ingest/server/spool.ts'
import { writeEvent } from '#features/ingest/server/spool-record.ts'
import { createWriteKeys } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { findInsertDurability } from '#platform/server/clickhouse/find-insert-durability.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type IngestDeps = {
  pg: Postgres
  ch: ClickHouse
  /** The spool lies in its folder `spool`. */
  dataDir: string
  clock: Clock
  spoolLimitBytes: number
  customers: IngestCustomers
  audit: Audit
  log: Log
  /** The bank's zone, for times that name none. */
  timeZone?: string
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

/** Versions of copies: always larger than any before, also within one millisecond. */
function createVersions(clock: Clock): () => bigint {
  let last = 0n
  return () => {
    const now = BigInt(clock.now().getTime()) * 1000n
    last = now > last ? now : last + 1n
    return last
  }
}

export type Ingest = Awaited<ReturnType<typeof createIngest>>

/** Puts collecting together: keys, spool, loader. Opens the spool's folder, which one process may use at a time. */
export async function createIngest(deps: IngestDeps) {
  const { pg, ch, clock, log, customers, timeZone = 'Asia/Shanghai' } = deps
  const spool = await openSpool({ dir: join(deps.dataDir, 'spool'), limitBytes: deps.spoolLimitBytes, log })
  const keys = createWriteKeys({ load: () => loadWriteKeys(pg), clock })
  const tokens = createCustomerTokens({ clock })
  const counters = createIngestCounters()
  const collector = createCollector({ spool, tokens, counters, clock, timeZone })
  const store = createBindingStore({ pg, clock })
  const newVer = createVersions(clock)
  const lateBinding = createLateBinding({ ch, store, newVer })
  const loader = createLoader({ spool, ch, store, lateBinding, customers, newVer, clock, log })

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

  return {
    collector,
    keys,
    counters,
    sources: createSources({ pg, audit: deps.audit, onChange: () => keys.reload() }),
    reads: createIngestReads({ ch, clock, timeZone }),
    async start(): Promise<void> {
      await warnIfNotDurable()
      await keys.reload()
      loader.start()
    },
    /** Takes no more, loads what it can within `drainMs`, ends. What is left on disk is loaded at the next start. */
    async stop(drainMs = 10_000): Promise<void> {
      await spool.close()
      await loader.drain(drainMs)
      await loader.stop()
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
        for (const event of events)
          writeEvent(writer, patches, {
            customerNo: '',
            customerId: event.customerId,
            visitor: noVisitor,
            bound: undefined,
            proof: undefined,
            occurredAtMs: event.occurredAt.getTime(),
            receivedAtMs,
            msg: messageBytes(platformSource, event.messageId),
            name: event.name,
            source: platformSource,
            props: textPairs(event.properties),
            traits: undefined,
          })
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
    reloadKeys: (): Promise<void> => keys.reload(),
    status(): IngestStatus {
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
    },
  }
}
