export {
  createOutboxShipper,
  type OutboxEvent,
  type OutboxShipper,
  writeOutbox,
} from '#features/gate/server/event-outbox.ts'
export { registerGateRoutes } from '#features/gate/server/gate-routes.ts'
export { createGate, type Gate, type ReserveInput } from '#features/gate/server/gate-service.ts'
