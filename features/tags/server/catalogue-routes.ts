import { z } from 'zod'
import { SimilarCustomers, SimilarQuery, TagHistory } from '#features/customers/common/customer-tags.ts'
import type { Customers } from '#features/customers/server/index.ts'
import { Tag, TagKey, TagQuery } from '#features/tags/common/tag.ts'
import {
  BulkResult,
  BulkTags,
  ChangeDirectory,
  CreateDirectory,
  DirectoryKey,
  Impact,
  Lineage,
  RetireTag,
  SubmitTag,
  TagDirectories,
  TagDirectory,
  TagTemplates,
  TriedTag,
  TryTag,
  UseTemplate,
} from '#features/tags/common/tag-catalogue.ts'
import type { Tags } from '#features/tags/server/tags.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { tags: Tags; customers: Pick<Customers, 'getByNo' | 'names'> }

const group = ['tags']
const one = '/api/tags/:key'
const mayRead = { permission: 'tag.read' } as const
const mayWrite = { permission: 'tag.write' } as const

/** The HTTP API of the tag catalogue: folders, states, lineage, templates, and tags of one customer. */
export function registerTagCatalogueRoutes(http: Http, deps: Deps): void {
  registerDirectories(http, deps)
  registerSteps(http, deps)
  registerGraph(http, deps)
  registerWhole(http, deps)
  registerTemplates(http, deps)
  registerCustomer(http, deps)
}

function registerDirectories(http: Http, { tags: { directories } }: Deps): void {
  http.get(
    '/api/tag-directories',
    {
      config: mayRead,
      schema: { operationId: 'listTagDirectories', tags: group, response: { 200: TagDirectories } },
    },
    async () => directories.list(),
  )
  http.post(
    '/api/tag-directories',
    {
      config: mayWrite,
      schema: {
        operationId: 'createTagDirectory',
        tags: group,
        body: CreateDirectory,
        response: { 201: TagDirectory },
      },
    },
    async (request, reply) => reply.status(201).send(await directories.create(request.caller, request.body)),
  )
  http.put(
    '/api/tag-directories/:key',
    {
      config: mayWrite,
      schema: {
        operationId: 'changeTagDirectory',
        tags: group,
        params: DirectoryKey,
        body: ChangeDirectory,
        response: { 200: TagDirectory },
      },
    },
    async (request) => directories.change(request.caller, request.params.key, request.body),
  )
  http.delete(
    '/api/tag-directories/:key',
    {
      config: mayWrite,
      schema: {
        operationId: 'deleteTagDirectory',
        tags: group,
        params: DirectoryKey,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await directories.remove(request.caller, request.params.key)
      return reply.status(204).send(null)
    },
  )
}

function registerSteps(http: Http, { tags }: Deps): void {
  http.post(
    `${one}/submit`,
    {
      config: mayWrite,
      schema: {
        operationId: 'submitTag',
        tags: group,
        params: TagKey,
        body: SubmitTag.nullish(),
        response: { 200: Tag },
      },
    },
    async (request) => tags.submit(request.caller, request.params.key, request.body?.summary ?? ''),
  )
  http.post(
    `${one}/withdraw`,
    {
      config: mayWrite,
      schema: { operationId: 'withdrawTag', tags: group, params: TagKey, response: { 200: Tag } },
    },
    async (request) => tags.withdraw(request.caller, request.params.key),
  )
  http.post(
    `${one}/retire`,
    {
      config: mayWrite,
      schema: {
        operationId: 'retireTag',
        tags: group,
        params: TagKey,
        body: RetireTag,
        response: { 200: Tag },
      },
    },
    async (request) => tags.retire(request.caller, request.params.key, request.body),
  )
}

function registerGraph(http: Http, { tags }: Deps): void {
  http.get(
    `${one}/lineage`,
    {
      config: mayRead,
      schema: { operationId: 'getTagLineage', tags: group, params: TagKey, response: { 200: Lineage } },
    },
    async (request) => tags.lineage(request.params.key),
  )
  http.get(
    `${one}/impact`,
    {
      config: mayRead,
      schema: { operationId: 'getTagImpact', tags: group, params: TagKey, response: { 200: Impact } },
    },
    async (request) => tags.impact(request.params.key),
  )
}

const Filter = TagQuery.omit({ limit: true, cursor: true })

function registerWhole(http: Http, { tags, customers }: Deps): void {
  http.post(
    '/api/tag-catalogue/try',
    {
      config: mayWrite,
      schema: { operationId: 'tryTag', tags: group, body: TryTag, response: { 200: TriedTag } },
    },
    async (request) => {
      // Any source may say an amount, whatever class it is given.
      const scope = request.caller.scopeOf('balance.read')
      const { customerId } = await customers.getByNo(scope, request.body.customerNo)
      return tags.tryOn(customerId, request.body)
    },
  )
  http.get(
    '/api/tag-catalogue/count',
    {
      config: mayRead,
      schema: {
        operationId: 'countTags',
        tags: group,
        querystring: Filter,
        response: { 200: z.object({ count: z.number().int() }) },
      },
    },
    async (request) => tags.count(request.query),
  )
  http.get(
    '/api/tag-catalogue/export.csv',
    {
      config: mayRead,
      schema: {
        operationId: 'exportTags',
        tags: group,
        querystring: Filter,
        response: { 200: z.string() },
      },
    },
    async (request, reply) =>
      reply
        .header('content-disposition', 'attachment; filename="tags.csv"')
        .type('text/csv; charset=utf-8')
        .send(await tags.csv(request.query)),
  )
  http.post(
    '/api/tag-catalogue/bulk',
    {
      config: mayWrite,
      schema: { operationId: 'changeManyTags', tags: group, body: BulkTags, response: { 200: BulkResult } },
    },
    async (request) => tags.bulk(request.caller, request.body),
  )
}

function registerTemplates(http: Http, { tags: { templates } }: Deps): void {
  http.get(
    '/api/tag-templates',
    {
      config: mayRead,
      schema: { operationId: 'listTagTemplates', tags: group, response: { 200: TagTemplates } },
    },
    async () => templates.list(),
  )
  http.post(
    '/api/tag-templates/:key/use',
    {
      config: mayWrite,
      schema: {
        operationId: 'useTagTemplate',
        tags: group,
        params: TagKey,
        body: UseTemplate.nullish(),
        response: { 201: Tag },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await templates.use(request.caller, request.params.key, request.body ?? {})),
  )
}

const customerTag = z.object({ customerNo: z.string(), key: TagKey.shape.key })

/** Whether someone may see amounts of this customer. */
async function seesC2(caller: Caller, { customers }: Deps, customerId: number): Promise<boolean> {
  if (!caller.permissions.has('balance.read')) return false
  const scope: OrgScope = caller.scopeOf('balance.read')
  return (await customers.names(scope, [customerId])).has(customerId)
}

function registerCustomer(http: Http, deps: Deps): void {
  const { tags, customers } = deps
  http.get(
    '/api/customers/:customerNo/tags/:key/history',
    {
      config: { permission: 'customer.read' },
      schema: {
        operationId: 'getTagHistoryOfCustomer',
        tags: ['customers'],
        params: customerTag,
        response: { 200: TagHistory },
      },
    },
    async (request) => {
      const { customerId } = await customers.getByNo(request.scope, request.params.customerNo)
      const includeC2 = await seesC2(request.caller, deps, customerId)
      return tags.customerTags.history(customerId, request.params.key, { includeC2 })
    },
  )
  http.get(
    '/api/customers/:customerNo/similar',
    {
      config: { permission: 'customer.read' },
      schema: {
        operationId: 'listSimilarCustomers',
        tags: ['customers'],
        params: z.object({ customerNo: z.string() }),
        querystring: SimilarQuery,
        response: { 200: SimilarCustomers },
      },
    },
    async (request) => {
      const { customerId } = await customers.getByNo(request.scope, request.params.customerNo)
      const includeC2 = await seesC2(request.caller, deps, customerId)
      // Values of class C2 are compared only among customers whose amounts the caller may see.
      const scope = includeC2 ? request.caller.scopeOf('balance.read') : request.scope
      return tags.similar(scope, customerId, { includeC2, limit: request.query.limit })
    },
  )
}
