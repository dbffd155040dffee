export { registerDeliveryRoutes } from '#features/delivery/server/delivery-routes.ts'
export {
  createDelivery,
  type Delivery,
  type PlaceInput,
  type PlacementContent,
  type SendInboxInput,
} from '#features/delivery/server/delivery-service.ts'
