import { z } from 'zod'
import type { Http } from '#platform/server/http.ts'

export type ProcessState = 'starting' | 'ready' | 'stopping'

/** `GET /healthz`: 200 while the process does all of its roles, so that a balancer sends to nobody else. */
export function registerHealthRoute(http: Http, state: () => ProcessState): void {
  http.get(
    '/healthz',
    {
      config: { permission: 'public' },
      schema: {
        operationId: 'getHealth',
        tags: ['system'],
        response: {
          200: z.object({ status: z.literal('ready') }),
          503: z.object({ status: z.enum(['starting', 'stopping']) }),
        },
      },
    },
    async (_request, reply) => {
      const now = state()
      return now === 'ready' ? reply.send({ status: now }) : reply.status(503).send({ status: now })
    },
  )
}
