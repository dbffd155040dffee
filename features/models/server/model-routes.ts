import { z } from 'zod'
import {
  CreateModel,
  Model,
  ModelFileQuery,
  ModelKey,
  ModelPage,
  ModelQuery,
  ModelUses,
  ModelVersionKey,
  ModelVersions,
  mostModelBytes,
  NewModelVersion,
} from '#features/models/common/model.ts'
import type { Models } from '#features/models/server/models.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { models: Models }

const group = ['models']
const one = '/api/models/:key/versions/:version'

/** The HTTP API of the model registry. */
export function registerModelRoutes(http: Http, deps: Deps): void {
  registerReads(http, deps)
  registerWrites(http, deps)
  registerDecisions(http, deps)
  registerFile(http, deps)
}

function registerReads(http: Http, { models }: Deps): void {
  http.get(
    '/api/models',
    {
      config: { permission: 'model.read' },
      schema: {
        operationId: 'listModels',
        tags: group,
        querystring: ModelQuery,
        response: { 200: ModelPage },
      },
    },
    async (request) => models.list(request.query),
  )
  http.get(
    '/api/models/:key/versions',
    {
      config: { permission: 'model.read' },
      schema: {
        operationId: 'listModelVersions',
        tags: group,
        params: ModelKey,
        response: { 200: ModelVersions },
      },
    },
    async (request) => ({ items: await models.versions(request.params.key) }),
  )
  http.get(
    '/api/models/:key/uses',
    {
      config: { permission: 'model.read' },
      schema: { operationId: 'listModelUses', tags: group, params: ModelKey, response: { 200: ModelUses } },
    },
    async (request) => {
      await models.versions(request.params.key)
      return { items: await models.uses(request.params.key) }
    },
  )
}

function registerWrites(http: Http, { models }: Deps): void {
  http.post(
    '/api/models',
    {
      config: { permission: 'model.write' },
      schema: { operationId: 'createModel', tags: group, body: CreateModel, response: { 201: Model } },
    },
    async (request, reply) => reply.status(201).send(await models.create(request.caller, request.body)),
  )
  http.post(
    '/api/models/:key/versions',
    {
      config: { permission: 'model.write' },
      schema: {
        operationId: 'addModelVersion',
        tags: group,
        params: ModelKey,
        body: NewModelVersion,
        response: { 201: Model },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await models.addVersion(request.caller, request.params.key, request.body)),
  )
}

function registerDecisions(http: Http, { models }: Deps): void {
  http.post(
    `${one}/approve`,
    {
      config: { permission: 'approval.decide' },
      schema: { operationId: 'approveModel', tags: group, params: ModelVersionKey, response: { 200: Model } },
    },
    async ({ caller, params }) => models.approve(caller, params.key, params.version),
  )
  http.post(
    `${one}/retire`,
    {
      config: { permission: 'model.write' },
      schema: { operationId: 'retireModel', tags: group, params: ModelVersionKey, response: { 200: Model } },
    },
    async ({ caller, params }) => models.retire(caller, params.key, params.version),
  )
}

/** The file comes as it is; only here may a body be that large. */
function registerFile(http: Http, { models }: Deps): void {
  http.register(async (scope) => {
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: mostModelBytes },
      (_request, body, done) => done(null, body),
    )
    ;(scope as Http).put(
      `${one}/file`,
      {
        bodyLimit: mostModelBytes,
        config: { permission: 'model.write' },
        schema: {
          operationId: 'uploadModelFile',
          tags: group,
          params: ModelVersionKey,
          querystring: ModelFileQuery,
          consumes: ['application/octet-stream'],
          body: z.instanceof(Buffer).meta({ type: 'string', format: 'binary' }),
          response: { 200: Model },
        },
      },
      async ({ caller, params, body, query }) =>
        models.upload(caller, params.key, params.version, { bytes: body, name: query.name }),
    )
  })
}
