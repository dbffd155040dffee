import { Readable } from 'node:stream'
import { z } from 'zod'
import {
  ChangeList,
  CreateList,
  CustomerList,
  ListKey,
  ListMembers,
  ListPage,
  ListUploadKey,
  ListUploads,
  ListUses,
  MemberQuery,
  mostListBytes,
  UploadAccepted,
  UploadQuery,
} from '#features/lists/common/list.ts'
import type { RejectRow } from '#features/lists/server/list-store.ts'
import type { Lists } from '#features/lists/server/lists.ts'
import { PageQuery } from '#platform/common/http.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = { lists: Lists }

const group = ['lists']
const one = '/api/lists/:key'

/** The HTTP API of fixed customer lists. */
export function registerListRoutes(http: Http, deps: Deps): void {
  registerReads(http, deps)
  registerUploads(http, deps)
  registerWrites(http, deps)
  registerFile(http, deps)
}

function registerReads(http: Http, { lists }: Deps): void {
  http.get(
    '/api/lists',
    {
      config: { permission: 'list.read' },
      schema: { operationId: 'listLists', tags: group, querystring: PageQuery, response: { 200: ListPage } },
    },
    async (request) => lists.list(request.scope, request.query),
  )
  http.get(
    one,
    {
      config: { permission: 'list.read' },
      schema: { operationId: 'getList', tags: group, params: ListKey, response: { 200: CustomerList } },
    },
    async (request) => lists.get(request.scope, request.params.key),
  )
  http.get(
    `${one}/members`,
    {
      config: { permission: 'list.read' },
      schema: {
        operationId: 'listListMembers',
        tags: group,
        params: ListKey,
        querystring: MemberQuery,
        response: { 200: ListMembers },
      },
    },
    async (request) => lists.members(request.scope, request.params.key, request.query),
  )
  http.get(
    `${one}/uses`,
    {
      config: { permission: 'list.read' },
      schema: { operationId: 'listListUses', tags: group, params: ListKey, response: { 200: ListUses } },
    },
    async (request) => ({ items: await lists.uses(request.params.key) }),
  )
}

/** A cell of a CSV; one that a spreadsheet would run as a formula is text. */
const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

async function* rejectLines(batches: AsyncIterable<RejectRow[]>): AsyncGenerator<string> {
  yield '\uFEFFline,customerNo,value,reason\r\n'
  for await (const rows of batches)
    yield rows
      .map(
        ({ line, customer_no, value, reason }) => `${line},${cell(customer_no)},${cell(value)},${reason}\r\n`,
      )
      .join('')
}

function registerUploads(http: Http, { lists }: Deps): void {
  http.get(
    `${one}/uploads`,
    {
      config: { permission: 'list.read' },
      schema: {
        operationId: 'listListUploads',
        tags: group,
        params: ListKey,
        response: { 200: ListUploads },
      },
    },
    async (request) => ({ items: await lists.uploads(request.params.key) }),
  )
  http.get(
    `${one}/uploads/:version/rejects`,
    {
      config: { permission: 'list.write' },
      schema: {
        operationId: 'downloadListRejects',
        tags: group,
        params: ListUploadKey,
        response: { 200: z.any().meta({ type: 'string' }) },
      },
    },
    async (request, reply) => {
      const { key, version } = request.params
      const batches = await lists.rejects(request.caller, key, version)
      return reply
        .type('text/csv; charset=utf-8')
        .header(
          'content-disposition',
          `attachment; filename="${key.replaceAll(/[^\w-]/g, '_')}-${version}-rejects.csv"`,
        )
        .send(Readable.from(rejectLines(batches)))
    },
  )
}

function registerWrites(http: Http, { lists }: Deps): void {
  http.post(
    '/api/lists',
    {
      config: { permission: 'list.write' },
      schema: { operationId: 'createList', tags: group, body: CreateList, response: { 201: CustomerList } },
    },
    async (request, reply) => reply.status(201).send(await lists.create(request.caller, request.body)),
  )
  http.put(
    one,
    {
      config: { permission: 'list.write' },
      schema: {
        operationId: 'changeList',
        tags: group,
        params: ListKey,
        body: ChangeList,
        response: { 200: CustomerList },
      },
    },
    async (request) => lists.change(request.caller, request.params.key, request.body),
  )
  http.delete(
    one,
    {
      config: { permission: 'list.write' },
      schema: { operationId: 'deleteList', tags: group, params: ListKey, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await lists.remove(request.caller, request.params.key)
      return reply.status(204).send(null)
    },
  )
}

/** The file streams in: here alone the body is handed over unread. */
function registerFile(http: Http, { lists }: Deps): void {
  http.register(async (scope) => {
    scope.addContentTypeParser(['text/csv', 'application/octet-stream'], (_request, payload, done) =>
      done(null, payload),
    )
    ;(scope as Http).post(
      `${one}/upload`,
      {
        bodyLimit: mostListBytes,
        config: { permission: 'list.write' },
        schema: {
          operationId: 'uploadList',
          tags: group,
          params: ListKey,
          querystring: UploadQuery,
          consumes: ['text/csv'],
          body: z.instanceof(Readable).meta({ type: 'string' }),
          response: { 202: UploadAccepted },
        },
      },
      async ({ caller, params, query, body }, reply) =>
        reply.status(202).send(await lists.receive(caller, params.key, { name: query.name, body })),
    )
  })
}
