import type { Audit } from '#features/audit/server/index.ts'
import type { Collector } from '#features/ingest/server/collector.ts'
import { createBulkRejects } from '#features/ingest/server/reject-bulk.ts'
import { registerRejectRoutes } from '#features/ingest/server/reject-routes.ts'
import { createRejects } from '#features/ingest/server/reject-service.ts'
import { createRetention } from '#features/ingest/server/retention.ts'
import { registerRetentionRoutes } from '#features/ingest/server/retention-routes.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Http } from '#platform/server/http.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Puts together what people do about collecting: rejects, and how long data is kept. */
export function createIngestOperations(deps: {
  pg: Postgres
  ch: ClickHouse
  audit: Audit
  clock: Clock
  jobs: Jobs
  timeZone: string
  ingest: { collector: Collector }
}) {
  const rejects = createRejects({ ...deps, collector: deps.ingest.collector })
  return {
    rejects,
    bulk: createBulkRejects({ ...deps, rejects }),
    retention: createRetention(deps),
  }
}

export type IngestOperations = ReturnType<typeof createIngestOperations>

export function registerIngestOperationRoutes(
  http: Http,
  { ingestOperations }: { ingestOperations: IngestOperations },
): void {
  registerRejectRoutes(http, ingestOperations)
  registerRetentionRoutes(http, ingestOperations)
}
