export { registerSegmentRoutes } from '#features/segments/server/segment-routes.ts'
export { createSegments, type SegmentDeps, type Segments } from '#features/segments/server/segments.ts'
