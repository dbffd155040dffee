import type { FastifyRequest } from 'fastify'
import { createEdge, registerCollectRoutes } from '#features/ingest/server/index.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Config } from '#platform/server/config.ts'
import { createHttpServer } from '#platform/server/http.ts'
import { readTlsMaterial } from '#platform/server/tls-material.ts'
import { type ProcessState, registerHealthRoute } from './health-route.ts'
import type { Program } from './program.ts'
import { version } from './repository.ts'

/** Builds an edge: what collects, and nothing that could open a database. */
export async function composeEdge(deps: {
  config: Config
  clock: Clock
  isOperator: (request: FastifyRequest) => boolean
}): Promise<Program> {
  const { config, clock } = deps
  if (!config.tls) throw new Error('an edge was composed without certificates')
  let log = (error: unknown, message: string) => console.error(message, error)
  const edge = await createEdge({
    upstreamUrls: config.edgeUpstream,
    tls: readTlsMaterial(config.tls),
    dataDir: config.dataDir,
    spoolLimitBytes: config.spoolLimitBytes,
    timeZone: config.timeZone,
    clock,
    log: (error, message) => log(error, message),
  })
  const { app, http } = createHttpServer({
    authenticate: async () => undefined,
    isOperator: deps.isOperator,
    logLevel: config.logLevel,
    version,
  })
  await app.after()
  log = (error, message) => app.log.error({ err: error }, message)
  let state: ProcessState = 'starting'
  // Without keys an edge can take nothing: it is not to be sent anything yet.
  registerHealthRoute(http, () => (state === 'ready' && !edge.isReady() ? 'starting' : state))
  registerCollectRoutes(app, { ingest: edge })
  await app.ready()
  return {
    http: app,
    start: () => edge.start(),
    markReady() {
      state = 'ready'
    },
    greeting: async () => [`  Edge: hands events to ${config.edgeUpstream.join(', ')}`],
    async stop() {
      state = 'stopping'
      await edge.stop()
    },
  }
}
