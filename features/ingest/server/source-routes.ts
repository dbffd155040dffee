import { z } from 'zod'
import {
  ChangeSource,
  CreateSource,
  RevealedKey,
  Source,
  SourceDetail,
  SourceKey,
  Sources,
  WithReason,
} from '#features/ingest/common/source.ts'
import type { Ingest } from '#features/ingest/server/ingest.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['ingest']
const params = z.object({ source: z.string().min(1).max(64) })
const keyParams = params.extend({ keyId: z.string().regex(/^[0-9a-f]{16}$/) })

/** Registers who may send events: sources and their keys. */
export function registerSourceRoutes(http: Http, { ingest }: { ingest: Ingest }): void {
  const { sources, reads } = ingest
  const detail = async (source: string) => sources.get(source, await reads.countToday())
  http.get(
    '/api/sources',
    {
      config: { permission: 'source.read' },
      schema: { operationId: 'listSources', tags, response: { 200: Sources } },
    },
    async () => ({ items: await sources.list(await reads.countToday()) }),
  )
  http.post(
    '/api/sources',
    {
      config: { permission: 'source.write' },
      schema: { operationId: 'createSource', tags, body: CreateSource, response: { 201: Source } },
    },
    async (request, reply) =>
      reply.status(201).send(await sources.create(request.caller.username, request.body)),
  )
  http.get(
    '/api/sources/:source',
    {
      config: { permission: 'source.read' },
      schema: { operationId: 'getSource', tags, params, response: { 200: SourceDetail } },
    },
    async (request) => detail(request.params.source),
  )
  http.put(
    '/api/sources/:source',
    {
      config: { permission: 'source.write' },
      schema: {
        operationId: 'changeSource',
        tags,
        params,
        body: ChangeSource,
        response: { 200: SourceDetail },
      },
    },
    async (request) => {
      await sources.change(request.caller.username, request.params.source, request.body)
      return detail(request.params.source)
    },
  )
  for (const action of ['revoke', 'reactivate'] as const)
    http.post(
      `/api/sources/:source/${action}`,
      {
        config: { permission: 'source.write' },
        schema: {
          operationId: `${action}Source`,
          tags,
          params,
          body: WithReason,
          response: { 200: SourceDetail },
        },
      },
      async (request) => {
        await sources[action](request.caller.username, request.params.source, request.body.reason)
        return detail(request.params.source)
      },
    )
  registerKeyRoutes(http, { ingest })
}

function registerKeyRoutes(http: Http, { ingest }: { ingest: Ingest }): void {
  const { sources, reads } = ingest
  http.post(
    '/api/sources/:source/keys',
    {
      config: { permission: 'source.write' },
      schema: { operationId: 'addSourceKey', tags, params, response: { 201: SourceKey } },
    },
    async (request, reply) =>
      reply.status(201).send(await sources.keys.add(request.caller.username, request.params.source)),
  )
  const onKey = { config: { permission: 'source.write' as const } }
  const schema = { tags, params: keyParams, body: WithReason }
  http.post(
    '/api/sources/:source/keys/:keyId/reveal',
    { ...onKey, schema: { operationId: 'revealSourceKey', ...schema, response: { 200: RevealedKey } } },
    async (request) => ({
      key: await sources.keys.reveal(request.caller.username, { ...request.params, ...request.body }),
    }),
  )
  for (const [path, operationId, action] of [
    ['revoke', 'revokeSourceKey', sources.keys.revoke],
    ['undo-revoke', 'undoRevokeSourceKey', sources.keys.undoRevoke],
  ] as const)
    http.post(
      `/api/sources/:source/keys/:keyId/${path}`,
      { ...onKey, schema: { operationId, ...schema, response: { 200: SourceDetail } } },
      async (request) => {
        await action(request.caller.username, { ...request.params, ...request.body })
        return sources.get(request.params.source, await reads.countToday())
      },
    )
}
