export { type CollectParts, registerCollectRoutes } from '#features/ingest/server/collect-routes.ts'
export { createEdge, type Edge, type EdgeDeps } from '#features/ingest/server/edge.ts'
export { createForwardServer, readInstance } from '#features/ingest/server/forward-server.ts'
export { registerIdentityRoutes } from '#features/ingest/server/identity-routes.ts'
export { messageUuid, visitorOf } from '#features/ingest/server/ids.ts'
export {
  createIngest,
  type Ingest,
  type IngestDeps,
  type InternalEvent,
} from '#features/ingest/server/ingest.ts'
export {
  createIngestOperations,
  type IngestOperations,
  registerIngestOperationRoutes,
} from '#features/ingest/server/ingest-operations.ts'
export { registerIngestRoutes } from '#features/ingest/server/ingest-routes.ts'
export type { IngestCustomers } from '#features/ingest/server/load-segment.ts'
export { loadWriteKeys } from '#features/ingest/server/sources.ts'
export type { Log } from '#features/ingest/server/spool.ts'
