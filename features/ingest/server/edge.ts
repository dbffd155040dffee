import { join } from 'node:path'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { CollectParts } from '#features/ingest/server/collect-routes.ts'
import { createCollector } from '#features/ingest/server/collector.ts'
import { createCustomerTokens } from '#features/ingest/server/customer-token.ts'
import { openEdgeRoad } from '#features/ingest/server/edge-road.ts'
import { createEdgeSnapshots } from '#features/ingest/server/edge-snapshot.ts'
import { createUpstreams } from '#features/ingest/server/forward-client.ts'
import { createIngestCounters } from '#features/ingest/server/ingest-counters.ts'
import { createCustomerLimits } from '#features/ingest/server/limit-customer.ts'
import { createLimits } from '#features/ingest/server/limit-rate.ts'
import { createOldest } from '#features/ingest/server/retention-age.ts'
import type { Log } from '#features/ingest/server/spool.ts'
import { createWriteKeys, type WriteKeys } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import type { TlsMaterial } from '#platform/server/tls-material.ts'

export type EdgeDeps = {
  /** Internal addresses of the collect processes. */
  upstreamUrls: readonly string[]
  tls: TlsMaterial
  dataDir: string
  spoolLimitBytes: number
  timeZone: string
  clock: Clock
  log: Log
}

export type Edge = CollectParts & { start(): Promise<void>; stop(): Promise<void>; isReady(): boolean }

/** The internet side: takes and checks what clients send, by keys and plan that collect processes hand out; opens no database. */
export async function createEdge(deps: EdgeDeps): Promise<Edge> {
  const { clock, log, dataDir, timeZone } = deps
  const nowMs = () => clock.now().getTime()
  const upstreams = createUpstreams({ urls: deps.upstreamUrls, tls: deps.tls })
  const road = await openEdgeRoad({
    ...{ dir: join(dataDir, 'spool'), limitBytes: deps.spoolLimitBytes, upstreams, nowMs, log },
  })
  const snapshots = createEdgeSnapshots({ upstreams, dataDir, log })
  const known = createWriteKeys({ load: snapshots.keys, clock })
  // A key that an old copy does not have may be new: its client is to come again.
  const unsure = (error: unknown): never => {
    const isUnknown = error instanceof AppError && error.code === 'WRITE_KEY_UNKNOWN'
    throw isUnknown && !snapshots.isFresh() ? ingestError('WRITE_KEYS_UNAVAILABLE', {}) : error
  }
  const keys: WriteKeys = {
    ...known,
    get(key) {
      const found = known.get(key)
      return found instanceof Promise ? found.catch(unsure) : found
    },
  }
  const counters = createIngestCounters()
  const tokens = createCustomerTokens({ clock })
  return {
    collector: createCollector({
      ...{ spool: road, tokens, counters, clock, timeZone, plan: snapshots.plan },
      perCustomer: createCustomerLimits(),
      oldestMs: createOldest({ clock, months: snapshots.eventMonths }),
    }),
    keys,
    counters,
    limits: createLimits({ nowMs }),
    async start() {
      await snapshots.start()
      road.start()
    },
    isReady: snapshots.isKnown,
    async stop() {
      snapshots.stop()
      await road.close()
      upstreams.close()
    },
  }
}
