import { z } from 'zod'
import { AuditVerification } from '#features/audit/common/audit.ts'
import {
  type ImportLine,
  OperatorAdministrator,
  OperatorImport,
  OperatorToken,
} from '#features/imports/common/import.ts'
import { importError } from '#features/imports/common/import-errors.ts'
import { createOperator, type OperatorDeps } from '#features/imports/server/operator.ts'
import type { Http } from '#platform/server/http.ts'

const config = { permission: 'operator' } as const
const tags = ['operator']
const heartbeatMs = 15_000

/** Routes for the command line of this machine: whoever can read the control file of the data directory. */
export function registerOperatorRoutes(http: Http, deps: OperatorDeps): void {
  const operator = createOperator(deps)
  http.post(
    '/operator/import',
    {
      config,
      schema: {
        operationId: 'operatorImport',
        tags,
        body: OperatorImport,
        response: { 200: z.string().describe('Lines of JSON: progress, file, and last done or failed.') },
      },
    },
    async (request, reply) => {
      // Written as they come, past Fastify: a command that leaves early is no failed request.
      reply.hijack()
      const lines = reply.raw
      lines.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
      const print = (line: ImportLine) => {
        if (!lines.destroyed) lines.write(`${JSON.stringify(line)}\n`)
        // Nobody listens any more: the import ends here and can go on another time.
        else if (line.kind === 'progress') throw importError('IMPORT_LEFT', {})
      }
      // Reading large files before the first row takes long; an empty line now and then keeps the connection.
      const heartbeat = setInterval(() => lines.destroyed || lines.write('\n'), heartbeatMs)
      const log = (error: unknown) => request.log.error({ err: error }, 'import failed')
      await operator.runImport(request.body, print, log).finally(() => {
        clearInterval(heartbeat)
        lines.end()
      })
    },
  )
  http.post(
    '/operator/token',
    {
      config,
      schema: {
        operationId: 'operatorToken',
        tags,
        body: OperatorToken,
        response: { 201: z.object({ token: z.string() }) },
      },
    },
    async (request, reply) => reply.status(201).send(await operator.createToken(request.body)),
  )
  http.post(
    '/operator/administrator',
    {
      config,
      schema: {
        operationId: 'operatorAdministrator',
        tags,
        body: OperatorAdministrator,
        response: { 201: z.object({ orgCode: z.string() }) },
      },
    },
    async (request, reply) => reply.status(201).send(await operator.createAdministrator(request.body)),
  )
  http.get(
    '/operator/audit/verify',
    { config, schema: { operationId: 'operatorVerifyAudit', tags, response: { 200: AuditVerification } } },
    async () => operator.verifyAudit(),
  )
}
