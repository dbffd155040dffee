export { createStreaming, type Streaming, type StreamingDeps } from '#features/streaming/server/streaming.ts'
export { registerStreamingRoutes } from '#features/streaming/server/streaming-routes.ts'
