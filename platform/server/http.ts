import cookie from '@fastify/cookie'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  isResponseSerializationError,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Caller, OrgScope, Permission } from '#platform/common/access.ts'
import { AppError, type ErrorKind } from '#platform/common/errors.ts'
import { httpError } from '#platform/common/http-errors.ts'

/**
 * What a route asks of its caller. `public`: nothing; `writeKey` and `customer`: the route checks the key or the customer's
 * token itself, before anything else; `operator`: the secret of the control file in the data directory (command line); otherwise a signed-in person with that permission.
 */
export type RouteAccess = Permission | 'public' | 'writeKey' | 'customer' | 'operator'

declare module 'fastify' {
  interface FastifyContextConfig {
    permission?: RouteAccess
    /** Shown as one bulk query in access logs; never set for routes that change something. */
    isRead?: boolean
  }
  interface FastifyRequest {
    caller: Caller
    /** The caller's scope for the permission of this route. */
    scope: OrgScope
  }
}

const statusOf: { readonly [K in ErrorKind]: number } = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  tooLarge: 413,
  limited: 429,
  unavailable: 503,
}

const titleOf: { readonly [status: number]: string } = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
}

export type HttpServer = FastifyInstance & { readonly accessOfRoutes: readonly RouteRecord[] }
export type RouteRecord = { method: string; url: string; permission: RouteAccess }

/** The typed instance that features register their routes on. */
export type Http = ReturnType<typeof typedHttp>
const typedHttp = (app: FastifyInstance) => app.withTypeProvider<ZodTypeProvider>()

/** Who is asking: finds the caller by cookie or bearer token, or undefined. `isCookie` asks for the CSRF token on writes. */
export type Authenticate = (
  request: FastifyRequest,
) => Promise<{ caller: Caller; isCookie: boolean; isCsrfValid: boolean } | undefined>

const writeMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Makes the HTTP server: every route must declare its permission (registration throws otherwise), every error leaves as a
 * problem document, inputs and answers are checked by their zod schemas.
 */
export function createHttpServer(options: {
  authenticate: Authenticate
  /** Whether the request carries the secret of the control file. */
  isOperator: (request: FastifyRequest) => boolean
  logLevel: string
  version: string
}): { app: HttpServer; http: Http } {
  const app = Fastify({
    logger: { level: options.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] },
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    // Addresses of requests carry what people search for; they are not logged.
    logController: new LogController({ disableRequestLogging: true }),
    // Prototype-polluting keys are an error, not a silent deletion.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  })
  const accessOfRoutes: RouteRecord[] = []
  app.decorate('accessOfRoutes', accessOfRoutes)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.register(cookie)
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Zhike', version: options.version, description: 'API of Zhike 知客' },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'zhike_session' },
          bearer: { type: 'http', scheme: 'bearer' },
          writeKey: { type: 'http', scheme: 'basic' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  app.decorateRequest('caller')
  app.decorateRequest('scope')

  app.addHook('onRoute', (route) => {
    const permission = route.config?.permission
    if (!permission) throw new Error(`Route ${route.method} ${route.url} declares no permission`)
    for (const method of [route.method].flat()) accessOfRoutes.push({ method, url: route.url, permission })
  })
  async function checkAccess(request: FastifyRequest, permission: Permission | 'operator'): Promise<void> {
    if (permission === 'operator') {
      if (!options.isOperator(request)) throw httpError('NOT_SIGNED_IN', {})
      return
    }
    const found = await options.authenticate(request)
    if (!found) throw httpError('NOT_SIGNED_IN', {})
    if (found.isCookie && writeMethods.has(request.method) && !found.isCsrfValid)
      throw httpError('CSRF_INVALID', {})
    if (!found.caller.permissions.has(permission)) throw httpError('PERMISSION_MISSING', { permission })
    request.caller = found.caller
    request.scope = found.caller.scopeOf(permission)
  }
  app.addHook('preValidation', (request, _reply, done) => {
    const permission = request.routeOptions.config.permission
    if (!permission || permission === 'public' || permission === 'writeKey' || permission === 'customer')
      done()
    else checkAccess(request, permission).then(() => done(), done)
  })
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler({}, (request, reply) =>
    sendProblem(
      httpError('ROUTE_NOT_FOUND', { method: request.method, url: request.url.split('?')[0] ?? '' }),
      request,
      reply,
    ),
  )
  return { app: app as unknown as HttpServer, http: typedHttp(app) }
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = problemOf(error)
  if (problem.status >= 500 && !(error instanceof AppError)) {
    request.log.error({ err: error, url: request.url.split('?')[0] }, 'request failed')
  }
  const waits = error instanceof AppError ? error.details.retryAfterSeconds : undefined
  if (typeof waits === 'number') reply.header('retry-after', String(waits))
  else if (problem.status === 503) reply.header('retry-after', '5')
  return reply
    .status(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem)
}

/** The problem document of anything thrown; only errors of ours carry their own words. */
export function problemOf(error: unknown) {
  if (error instanceof AppError)
    return describe(statusOf[error.errorKind], error.code, error.message, error.errors)
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      path: issue.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      code: issue.keyword.toUpperCase(),
      message: issue.message ?? 'wrong',
    }))
    const first = errors[0]
    const where = first?.path ? `${first.path}: ` : ''
    return describe(
      400,
      'INPUT_INVALID',
      `${error.validationContext ?? 'input'}: ${where}${first?.message ?? 'wrong'}`,
      errors,
    )
  }
  if (!isResponseSerializationError(error)) {
    const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string }
    if (statusCode && statusCode >= 400 && statusCode < 500) {
      return describe(
        statusCode,
        requestCodes[code ?? ''] ?? 'REQUEST_INVALID',
        message ?? 'The request cannot be read.',
      )
    }
  }
  return describe(500, 'INTERNAL', 'Something failed here. It has been logged.')
}

const requestCodes: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'JSON_INVALID',
  FST_ERR_CTP_INVALID_JSON_BODY: 'JSON_INVALID',
}

function describe(
  status: number,
  code: string,
  detail: string,
  errors: readonly { path: string; code: string; message: string }[] = [],
) {
  return {
    type: `https://zhike.dev/errors#${code}`,
    title: titleOf[status] ?? 'Error',
    status,
    code,
    detail,
    ...(errors.length ? { errors: [...errors] } : {}),
  }
}
