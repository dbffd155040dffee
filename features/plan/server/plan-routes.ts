import { z } from 'zod'
import {
  ChangeMode,
  ChangePlanEvent,
  ChangeState,
  Coverage,
  CreatePlanEvent,
  FindingCounts,
  FindingsQuery,
  ImportOutcome,
  ImportPlan,
  PlanActivity,
  PlanChanges,
  PlanEvent,
  PlanEventKey,
  PlanEventPage,
  PlanEventQuery,
  PlanFile,
  PlanVersions,
  SeenProperties,
  SourceKey,
  SourceMode,
  SourceModes,
} from '#features/plan/common/plan.ts'
import type { Plan } from '#features/plan/server/plan.ts'
import type { Move } from '#features/plan/server/plan-service.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { plan: Plan }

const tags = ['plan']
const one = '/api/plan/events/:key'
const mayRead = { permission: 'plan.read' } as const
const mayWrite = { permission: 'plan.write' } as const
const mayCount = { permission: 'event.read' } as const

/** The HTTP API of the tracking plan. */
export function registerPlanRoutes(http: Http, deps: Deps): void {
  registerReads(http, deps)
  registerWrites(http, deps)
  registerStates(http, deps)
  registerModes(http, deps)
  registerCounts(http, deps)
  registerTransfer(http, deps)
  registerTexts(http, deps)
}

function registerReads(http: Http, { plan }: Deps): void {
  http.get(
    '/api/plan/events',
    {
      config: mayRead,
      schema: {
        operationId: 'listPlanEvents',
        tags,
        querystring: PlanEventQuery,
        response: { 200: PlanEventPage },
      },
    },
    async (request) => plan.list(request.query),
  )
  http.get(
    one,
    {
      config: mayRead,
      schema: { operationId: 'getPlanEvent', tags, params: PlanEventKey, response: { 200: PlanEvent } },
    },
    async (request) => plan.get(request.params.key),
  )
  http.get(
    `${one}/versions`,
    {
      config: mayRead,
      schema: {
        operationId: 'listPlanEventVersions',
        tags,
        params: PlanEventKey,
        response: { 200: PlanVersions },
      },
    },
    async (request) => ({ items: await plan.versions(request.params.key) }),
  )
  http.get(
    `${one}/changes`,
    {
      config: mayRead,
      schema: {
        operationId: 'listPlanEventChanges',
        tags,
        params: PlanEventKey,
        response: { 200: PlanChanges },
      },
    },
    async (request) => plan.changes(request.params.key),
  )
}

function registerWrites(http: Http, { plan }: Deps): void {
  http.post(
    '/api/plan/events',
    {
      config: mayWrite,
      schema: { operationId: 'createPlanEvent', tags, body: CreatePlanEvent, response: { 201: PlanEvent } },
    },
    async (request, reply) => reply.status(201).send(await plan.create(request.caller, request.body)),
  )
  http.put(
    one,
    {
      config: mayWrite,
      schema: {
        operationId: 'changePlanEvent',
        tags,
        params: PlanEventKey,
        body: ChangePlanEvent,
        response: { 200: PlanEvent },
      },
    },
    async (request) => plan.change(request.caller, request.params.key, request.body),
  )
  http.post(
    `${one}/discard`,
    {
      config: mayWrite,
      schema: {
        operationId: 'discardPlanDraft',
        tags,
        params: PlanEventKey,
        body: ChangeState,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await plan.discard(request.caller, request.params.key, request.body)
      return reply.status(204).send(null)
    },
  )
}

function registerStates(http: Http, { plan }: Deps): void {
  const schemaOf = (operationId: string) => ({
    operationId,
    tags,
    params: PlanEventKey,
    body: ChangeState,
    response: { 200: PlanEvent },
  })
  http.post(`${one}/publish`, { config: mayWrite, schema: schemaOf('publishPlanEvent') }, async (request) =>
    plan.publish(request.caller, request.params.key, request.body),
  )
  const moves: readonly (readonly [Move, string])[] = [
    ['deprecate', 'deprecatePlanEvent'],
    ['retire', 'retirePlanEvent'],
    ['restore', 'restorePlanEvent'],
  ]
  for (const [move, operationId] of moves) {
    http.post(`${one}/${move}`, { config: mayWrite, schema: schemaOf(operationId) }, async (request) =>
      plan.move(request.caller, request.params.key, move, request.body),
    )
  }
}

function registerModes(http: Http, { plan }: Deps): void {
  http.get(
    '/api/plan/modes',
    { config: mayRead, schema: { operationId: 'listPlanModes', tags, response: { 200: SourceModes } } },
    async () => ({ items: await plan.modes() }),
  )
  http.put(
    '/api/plan/modes/:source',
    {
      config: mayWrite,
      schema: {
        operationId: 'setPlanMode',
        tags,
        params: SourceKey,
        body: ChangeMode,
        response: { 200: SourceMode },
      },
    },
    async (request) =>
      plan.setMode(request.caller, request.params.source, request.body.mode, request.body.reason),
  )
}

function registerCounts(http: Http, { plan }: Deps): void {
  http.get(
    '/api/plan/findings',
    {
      config: mayRead,
      schema: {
        operationId: 'countPlanFindings',
        tags,
        querystring: FindingsQuery,
        response: { 200: FindingCounts },
      },
    },
    async (request) => ({ items: await plan.findings(request.query) }),
  )
  http.get(
    '/api/plan/activity',
    { config: mayCount, schema: { operationId: 'getPlanActivity', tags, response: { 200: PlanActivity } } },
    async (request) => ({ items: await plan.activity(request.scope) }),
  )
  http.get(
    '/api/plan/coverage',
    { config: mayCount, schema: { operationId: 'getPlanCoverage', tags, response: { 200: Coverage } } },
    async (request) => plan.coverage(request.scope),
  )
  http.get(
    `${one}/properties`,
    {
      config: mayCount,
      schema: {
        operationId: 'listSeenProperties',
        tags,
        params: PlanEventKey,
        response: { 200: SeenProperties },
      },
    },
    async (request) => {
      const { published, draft } = await plan.get(request.params.key)
      return plan.seenProperties(request.scope, request.params.key, published ?? draft)
    },
  )
}

function registerTransfer(http: Http, { plan }: Deps): void {
  http.get(
    '/api/plan/export',
    { config: mayRead, schema: { operationId: 'exportPlan', tags, response: { 200: PlanFile } } },
    async (_request, reply) =>
      reply
        .header('content-disposition', 'attachment; filename="tracking-plan.json"')
        .send(await plan.export()),
  )
  http.post(
    '/api/plan/import',
    {
      config: mayWrite,
      bodyLimit: 8 * 1024 * 1024,
      schema: { operationId: 'importPlan', tags, body: ImportPlan, response: { 200: ImportOutcome } },
    },
    async (request) => plan.import(request.caller, request.body),
  )
}

function registerTexts(http: Http, { plan }: Deps): void {
  http.get(
    '/api/plan/export.csv',
    { config: mayRead, schema: { operationId: 'exportPlanTable', tags, response: { 200: z.string() } } },
    async (_request, reply) =>
      reply
        .header('content-disposition', 'attachment; filename="tracking-plan.csv"')
        .type('text/csv; charset=utf-8')
        .send(await plan.csv()),
  )
  http.get(
    '/api/plan/types',
    { config: mayRead, schema: { operationId: 'generatePlanTypes', tags, response: { 200: z.string() } } },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send(await plan.types()),
  )
  http.get(
    '/operator/plan/types',
    {
      config: { permission: 'operator' },
      schema: {
        operationId: 'operatorPlanTypes',
        tags: ['operator'],
        response: { 200: z.object({ text: z.string() }) },
      },
    },
    async () => ({ text: await plan.types() }),
  )
}
