export { type CollectParts, registerCollectRoutes } from '#features/ingest/server/collect-routes.ts'
export { messageUuid, visitorOf } from '#features/ingest/server/ids.ts'
export {
  createIngest,
  type Ingest,
  type IngestDeps,
  type InternalEvent,
} from '#features/ingest/server/ingest.ts'
export { registerIngestRoutes } from '#features/ingest/server/ingest-routes.ts'
export type { IngestCustomers } from '#features/ingest/server/load-segment.ts'
export type { Log } from '#features/ingest/server/spool.ts'
