import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const ownHeaders = 'authorization, content-type, content-encoding, x-customer-token'
const harmlessHeaders = /^[A-Za-z0-9-]+(?:\s*,\s*[A-Za-z0-9-]+){0,50}$/

/**
 * Lets pages of every origin send and read the answer. The origin is named, not `*`: beacons come with credentials, for
 * which browsers don't take `*`. Nothing here believes a cookie, so naming the origin gives nobody anything.
 */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers
  reply.header('access-control-expose-headers', 'retry-after')
  if (!origin) {
    reply.header('access-control-allow-origin', '*')
    return
  }
  reply
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-credentials', 'true')
    .header('vary', 'Origin')
}

async function preflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const asked = request.headers['access-control-request-headers']
  const allowed = asked && asked.length <= 1000 && harmlessHeaders.test(asked) ? asked : ownHeaders
  reply
    .header('access-control-allow-methods', 'GET, POST, OPTIONS')
    .header('access-control-allow-headers', allowed)
    .header('access-control-max-age', '86400')
  // A page of the internet that sends into the bank's own network asks for this besides.
  if (request.headers['access-control-request-private-network'] === 'true')
    reply.header('access-control-allow-private-network', 'true')
  return reply.status(204).send()
}

/** Answers the question a browser asks before it sends to this address; whole trees end in `*`. */
export function answerPreflight(scope: FastifyInstance, url: string): void {
  // `/v1/*` is answered as a whole; an address with two methods is registered once.
  if (url.startsWith('/v1/') && url !== '/v1/*') return
  if (scope.hasRoute({ method: 'OPTIONS', url })) return
  scope.options(url, { config: { permission: 'public' }, schema: { hide: true } }, preflight)
}
