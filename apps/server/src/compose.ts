import type { FastifyRequest } from 'fastify'
import { registerApprovalRoutes } from '#features/approvals/server/index.ts'
import { registerAuditRoutes } from '#features/audit/server/index.ts'
import { registerFlowRoutes } from '#features/breakpoints/server/index.ts'
import { registerCampaignRoutes } from '#features/campaigns/server/index.ts'
import { registerCoverageRoutes } from '#features/coverage/server/index.ts'
import { registerCustomerRoutes } from '#features/customers/server/index.ts'
import { registerDeliveryRoutes } from '#features/delivery/server/index.ts'
import {
  isDemoBank,
  isDemoWanted,
  registerDemoRoutes,
  type TokenSigner,
} from '#features/demo/server/index.ts'
import { registerGateRoutes } from '#features/gate/server/index.ts'
import { registerHomeRoutes } from '#features/home/server/index.ts'
import { registerImportRoutes, registerOperatorRoutes } from '#features/imports/server/index.ts'
import {
  registerCollectRoutes,
  registerIdentityRoutes,
  registerIngestOperationRoutes,
  registerIngestRoutes,
} from '#features/ingest/server/index.ts'
import { registerInsightRoutes } from '#features/insight/server/index.ts'
import { registerListRoutes } from '#features/lists/server/index.ts'
import { registerMetricRoutes } from '#features/metrics/server/index.ts'
import { registerModelRoutes } from '#features/models/server/index.ts'
import { registerOrgRoutes } from '#features/org/server/index.ts'
import { registerPlanRoutes } from '#features/plan/server/index.ts'
import { registerSegmentRoutes, registerSegmentSharingRoutes } from '#features/segments/server/index.ts'
import { registerStreamingRoutes } from '#features/streaming/server/index.ts'
import { registerTagCatalogueRoutes, registerTagRoutes } from '#features/tags/server/index.ts'
import { registerTaskRoutes } from '#features/tasks/server/index.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import type { ShiftableClock } from '#platform/common/clock.ts'
import type { Config, ProcessRole } from '#platform/server/config.ts'
import { createHttpServer } from '#platform/server/http.ts'
import { registerJobRoutes } from '#platform/server/job-routes.ts'
import { registerClusterRoutes } from '#platform/server/placement/cluster-routes.ts'
import { demoPublicKey, openDemo, seedDemo } from './demo.ts'
import { openEdgeDoor } from './edge-door.ts'
import type { Engines } from './engines.ts'
import { type ProcessState, registerHealthRoute } from './health-route.ts'
import { createParts, type Parts } from './parts.ts'
import type { Program } from './program.ts'
import { version } from './repository.ts'
import { registerWeb } from './web.ts'

export type App = Program & { parts: Parts }

const outboxEveryMs = 500

/** Builds the whole program on open engines: parts, routes, and how to start and stop them. */
export async function composeApp(deps: {
  config: Config
  engines: Engines
  clock: ShiftableClock
  isOperator: (request: FastifyRequest) => boolean
}): Promise<App> {
  const { config, engines, clock } = deps
  const hasRole = (role: ProcessRole) => config.roles.includes(role)
  let log = (error: unknown, message: string) => console.error(message, error)
  const parts = await createParts({ config, engines, clock, log: (error, message) => log(error, message) })
  await parts.jobs.migrate()
  const { app, http } = createHttpServer({
    authenticate: parts.org.sessions.authenticate,
    isOperator: deps.isOperator,
    logLevel: config.logLevel,
    version,
  })
  // The API description only learns of routes that are registered after its plugin has loaded.
  await app.after()
  log = (error, message) => app.log.error({ err: error }, message)
  let state: ProcessState = 'starting'
  let closeEdgeDoor = async () => {}
  let signer: TokenSigner | undefined
  let shipping: NodeJS.Timeout | undefined

  registerHealthRoute(http, () => state)
  if (hasRole('api')) {
    registerRoutes({ http, parts, config, signer: () => signer })
    registerWeb(app)
  }
  if (hasRole('collect')) registerCollectRoutes(app, { ingest: parts.ingest })
  await app.ready()

  return {
    http: app,
    parts,
    async start(print) {
      const { pg, customers, plan, ingest, jobs, outbox } = parts
      await customers.start()
      await plan.start()
      await ingest.start()
      const maySeed = engines.areEmbedded && config.demoCustomers > 0
      if (maySeed && (await isDemoWanted(pg))) await seedDemo(parts, { config, clock, http: app, print })
      if (await isDemoBank(pg)) signer = await openDemo(parts, config)
      if (hasRole('work')) await jobs.start()
      if (hasRole('work')) parts.streaming.start()
      if (hasRole('work')) parts.sharing.delivery.start()
      const ship = () => {
        outbox.ship().then(
          () => schedule(),
          (error) => {
            log(error, 'events of our own could not be shipped')
            schedule()
          },
        )
      }
      const schedule = () => {
        shipping = setTimeout(ship, outboxEveryMs)
      }
      if (hasRole('work')) schedule()
      if (hasRole('collect')) closeEdgeDoor = await openEdgeDoor(config, parts, { log, print })
    },
    markReady() {
      state = 'ready'
    },
    greeting: async () => ((await isDemoBank(parts.pg)) ? demoGreeting(config) : []),
    async stop() {
      state = 'stopping'
      clearTimeout(shipping)
      await closeEdgeDoor()
      await parts.sharing.delivery.stop()
      await parts.jobs.stop()
      await parts.streaming.stop()
      await parts.ingest.stop()
      await parts.plan.stop()
    },
  }
}

const demoGreeting = (config: Config) => [
  '  Demo logins (password "demo"): hq, checker, branch, rm, admin, security, auditor',
  `  A customer's phone: http://${config.host}:${config.port}/h5/    Trusted write key: demo`,
]

function registerRoutes(deps: {
  http: ReturnType<typeof createHttpServer>['http']
  parts: Parts
  config: Config
  signer: () => TokenSigner | undefined
}): void {
  const { http, parts, config, signer } = deps
  const { org, customers, ingest, tags, segments, campaigns } = parts
  registerOrgRoutes(http, { org, hasSecureCookies: config.hasSecureCookies })
  registerAuditRoutes(http, parts)
  registerApprovalRoutes(http, parts)
  registerJobRoutes(http, parts)
  registerClusterRoutes(http, parts)
  registerCustomerRoutes(http, { customers, tagsOfCustomer: tags.tagsOfCustomer })
  registerPlanRoutes(http, parts)
  registerIngestRoutes(http, { ingest })
  registerIngestOperationRoutes(http, parts)
  registerIdentityRoutes(http, { identity: ingest.identity })
  registerListRoutes(http, parts)
  registerModelRoutes(http, parts)
  registerTagRoutes(http, { tags })
  registerTagCatalogueRoutes(http, { tags, customers })
  registerSegmentRoutes(http, { segments })
  registerStreamingRoutes(http, parts)
  registerSegmentSharingRoutes(http, parts)
  registerInsightRoutes(http, parts)
  registerGateRoutes(http, parts)
  registerDeliveryRoutes(http, {
    delivery: parts.delivery,
    identifyCustomer: (request) => identifyCustomer(parts, request),
  })
  registerTaskRoutes(http, parts)
  registerCampaignRoutes(http, { campaigns })
  registerImportRoutes(http, parts)
  registerOperatorRoutes(http, parts)
  registerMetricRoutes(http, parts)
  registerFlowRoutes(http, parts)
  registerCoverageRoutes(http, parts)
  registerHomeRoutes(http, parts)
  registerDemoRoutes(http, { pg: parts.pg, customers, signer, publicWriteKey: demoPublicKey })
}

/** The customer behind a request of an app: proven by the bank's token for this write key, else nobody. */
async function identifyCustomer(
  parts: Parts,
  request: FastifyRequest,
): Promise<{ customerId: number } | undefined> {
  const token = request.headers['x-customer-token']
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (typeof token !== 'string' || !basic) return undefined
  const writeKey = Buffer.from(basic, 'base64').toString('utf8').split(':')[0] ?? ''
  const customerNo = await parts.ingest.verifyCustomerToken(writeKey, token)
  if (!customerNo) return undefined
  const customer = await parts.customers.findByNo(scopeOfEveryone, customerNo)
  return customer && { customerId: customer.customerId }
}
