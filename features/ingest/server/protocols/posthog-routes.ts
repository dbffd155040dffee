import type { FastifyRequest } from 'fastify'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { type Call, type Door, json, queryText } from '#features/ingest/server/protocols/door.ts'
import { formFields } from '#features/ingest/server/protocols/form-fields.ts'
import {
  normalisePostHog,
  postHogConfig,
  postHogFlags,
  readPostHogBody,
} from '#features/ingest/server/protocols/posthog.ts'
import { readJson, readText } from '#features/ingest/server/read-body.ts'

/** With and without the slash at the end, as versions of the client differ. */
const both = (...paths: readonly string[]) => paths.flatMap((path) => [path, `${path}/`])
const tokenOf = (request: FastifyRequest): string | undefined => {
  const { token } = request.params as { token?: string }
  return token
}

/** JSON, or the JSON as base64 in a form, which old browsers send. */
async function bodyOf(call: Call): Promise<unknown> {
  const compression = queryText(call.request, 'compression')
  if (compression && !['gzip', 'gzip-js', 'base64'].includes(compression))
    throw ingestError('BODY_ENCODING_INVALID', { detail: 'compression: only gzip and base64 are read.' })
  const bytes = await call.bytes()
  const isForm = bytes.subarray(0, 5).toString('latin1') === 'data='
  if (!isForm) return readJson(bytes)
  const { data = '' } = formFields(readText(bytes), ['data'])
  return readJson(data.startsWith('{') ? Buffer.from(data) : Buffer.from(data.replaceAll(' ', '+'), 'base64'))
}

/** Registers what PostHog's clients send to and ask for. Recordings of sessions are answered and not kept. */
export function registerPostHogRoutes(door: Door): void {
  const keyOf = (request: FastifyRequest) => queryText(request, 'api_key', 'token')
  door.route({
    method: 'POST',
    urls: both('/batch', '/e', '/i/v0/e', '/capture', '/track', '/engage'),
    keyOf,
    async handle(call) {
      const { key: inBody, events, sentAt } = readPostHogBody(await bodyOf(call))
      const key = await call.key(inBody)
      const normalise = (event: unknown) => normalisePostHog(event, { kind: key.kind })
      const answer = await door.take(key, events, normalise, { protocol: 'posthog', sentAt })
      return json({ status: 1, ...answer })
    },
  })
  door.route({
    method: 'POST',
    urls: ['/s/', ...both('/flags', '/decide')],
    handle: async () => json(postHogFlags),
  })
  door.route({
    method: 'GET',
    urls: ['/array/:token/config'],
    keyOf: tokenOf,
    handle: async ({ key }) => json(postHogConfig((await key()).key)),
  })
  door.route({
    method: 'GET',
    urls: ['/array/:token/config.js'],
    keyOf: tokenOf,
    handle: async ({ key }) => {
      const config = JSON.stringify(postHogConfig((await key()).key)).replaceAll('<', '\\u003c')
      const body = `(function(){window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{};window._POSTHOG_REMOTE_CONFIG[${config}.token]={config:${config},siteApps:[]}})()`
      return { body, type: 'text/javascript; charset=utf-8' }
    },
  })
}
