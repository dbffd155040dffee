import { z } from 'zod'
import {
  ChangeTag,
  CreateTag,
  DefinitionVersions,
  Distribution,
  Tag,
  TagKey,
  TagPage,
  TagQuery,
  TagUses,
} from '#features/tags/common/tag.ts'
import { registerTagRunRoutes } from '#features/tags/server/tag-run-routes.ts'
import type { Tags } from '#features/tags/server/tags.ts'
import { JobAccepted } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { tags: Tags }

const group = ['tags']
const one = '/api/tags/:key'

/** The HTTP API of tags. */
export function registerTagRoutes(http: Http, deps: Deps): void {
  registerReads(http, deps)
  registerMore(http, deps)
  registerWrites(http, deps)
  registerTagRunRoutes(http, deps)
}

function registerReads(http: Http, { tags }: Deps): void {
  http.get(
    '/api/tags',
    {
      config: { permission: 'tag.read' },
      schema: { operationId: 'listTags', tags: group, querystring: TagQuery, response: { 200: TagPage } },
    },
    async (request) =>
      tags.list(request.query, { includeC2: request.caller.permissions.has('balance.read') }),
  )
  http.get(
    one,
    {
      config: { permission: 'tag.read' },
      schema: { operationId: 'getTag', tags: group, params: TagKey, response: { 200: Tag } },
    },
    async (request) => tags.get(request.params.key),
  )
  http.get(
    `${one}/distribution`,
    {
      config: { permission: 'tag.read' },
      schema: {
        operationId: 'getTagDistribution',
        tags: group,
        params: TagKey,
        response: { 200: Distribution },
      },
    },
    async (request) => tags.distribution(request.scope, request.params.key),
  )
}

function registerMore(http: Http, { tags }: Deps): void {
  http.get(
    `${one}/uses`,
    {
      config: { permission: 'tag.read' },
      schema: { operationId: 'listTagUses', tags: group, params: TagKey, response: { 200: TagUses } },
    },
    async (request) => ({ items: await tags.usesOfTag(request.params.key) }),
  )
  http.get(
    `${one}/versions`,
    {
      config: { permission: 'tag.read' },
      schema: {
        operationId: 'listTagVersions',
        tags: group,
        params: TagKey,
        response: { 200: DefinitionVersions },
      },
    },
    async (request) => ({ items: await tags.versions(request.params.key) }),
  )
  http.post(
    `${one}/refresh`,
    {
      config: { permission: 'tag.write' },
      schema: { operationId: 'refreshTag', tags: group, params: TagKey, response: { 202: JobAccepted } },
    },
    async (request, reply) =>
      reply.status(202).send({ jobId: await tags.enqueueRefresh(request.caller, request.params.key) }),
  )
}

function registerWrites(http: Http, { tags }: Deps): void {
  http.post(
    '/api/tags',
    {
      config: { permission: 'tag.write' },
      schema: { operationId: 'createTag', tags: group, body: CreateTag, response: { 201: Tag } },
    },
    async (request, reply) => reply.status(201).send(await tags.create(request.caller, request.body)),
  )
  http.put(
    one,
    {
      config: { permission: 'tag.write' },
      schema: {
        operationId: 'changeTag',
        tags: group,
        params: TagKey,
        body: ChangeTag,
        response: { 200: Tag },
      },
    },
    async (request) => tags.change(request.caller, request.params.key, request.body),
  )
  http.delete(
    one,
    {
      config: { permission: 'tag.write' },
      schema: { operationId: 'deleteTag', tags: group, params: TagKey, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await tags.remove(request.caller, request.params.key)
      return reply.status(204).send(null)
    },
  )
}
