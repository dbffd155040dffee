import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import { httpError } from '#platform/common/http-errors.ts'
import type { HttpServer } from '#platform/server/http.ts'
import { repositoryRoot } from './repository.ts'

const roots = { console: join(repositoryRoot, 'apps/console/dist'), h5: join(repositoryRoot, 'apps/h5/dist') }
type WebApp = keyof typeof roots

const policy = [
  "default-src 'self'",
  // Ant Design writes its styles at run time.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "frame-ancestors 'none'",
  "base-uri 'self'",
  "form-action 'self'",
].join('; ')

/** Built files have their content in their name; pages themselves are asked for anew each time. */
const isImmutable = (path: string) => /\/assets\/[^/]+-[\w-]{6,}\.\w+$/.test(path)

/** Files of ours; a customer number in an address may have a dot, too. */
const fileEnding = /\.(js|css|map|svg|png|ico|json|txt|woff2?)$/

function sendWeb(reply: FastifyReply, app: WebApp, path: string): FastifyReply {
  const root = roots[app]
  const isFile = path !== '' && !path.includes('..') && existsSync(join(root, path))
  if (!isFile && fileEnding.test(path)) throw httpError('ROUTE_NOT_FOUND', { method: 'GET', url: `/${path}` })
  if (!existsSync(join(root, 'index.html')))
    throw httpError('ROUTE_NOT_FOUND', { method: 'GET', url: `/${path}` })
  reply.header('content-security-policy', policy)
  if (!isFile) return reply.header('cache-control', 'no-cache').sendFile('index.html', root)
  return reply
    .header('cache-control', isImmutable(`/${path}`) ? 'public, max-age=31536000, immutable' : 'no-cache')
    .sendFile(path, root)
}

/** Serves the built console at / and the customer pages at /h5/; unknown pages are the app's own to route. */
export function registerWeb(app: HttpServer): void {
  app.register(fastifyStatic, { root: roots.console, serve: false, cacheControl: false })
  const options = { config: { permission: 'public' as const }, schema: { hide: true } }
  app.get('/h5', options, (_request, reply) => reply.redirect('/h5/'))
  app.get<{ Params: { '*': string } }>('/h5/*', options, (request, reply) =>
    sendWeb(reply, 'h5', request.params['*']),
  )
  app.get<{ Params: { '*': string } }>('/*', options, (request, reply) => {
    const path = request.params['*']
    if (/^(api|v1|operator|demo)(\/|$)/.test(path))
      throw httpError('ROUTE_NOT_FOUND', { method: 'GET', url: `/${path}` })
    return sendWeb(reply, 'console', path)
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'same-origin')
  })
}
