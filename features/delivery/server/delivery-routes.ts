import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Inbox, SlotQuery, Slots } from '#features/delivery/common/delivery.ts'
import type { Delivery } from '#features/delivery/server/delivery-service.ts'
import type { Http } from '#platform/server/http.ts'

type Deps = {
  delivery: Delivery
  /** The customer whom a valid `x-customer-token` proves, or undefined. */
  identifyCustomer: (request: FastifyRequest) => Promise<{ customerId: number } | undefined>
}

const messageParams = z.object({ messageId: z.string().min(1).max(64) })

/** The bank's pages live on other origins. Tokens are sent by scripts, never by cookies, so any origin may ask. */
async function allowBrowsers(_: FastifyRequest, reply: FastifyReply) {
  reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store')
}

export function registerDeliveryRoutes(http: Http, { delivery, identifyCustomer }: Deps): void {
  const config = { permission: 'customer' } as const
  const tags = ['delivery']
  registerPreflights(http)
  http.get(
    '/v1/slots',
    {
      config,
      onRequest: allowBrowsers,
      schema: { operationId: 'getSlots', tags, querystring: SlotQuery, response: { 200: Slots } },
    },
    async (request) => {
      const customer = await identifyCustomer(request)
      return { slots: customer ? await delivery.slotsFor(customer.customerId, request.query.slot) : [] }
    },
  )
  http.get(
    '/v1/inbox',
    {
      config,
      onRequest: allowBrowsers,
      schema: { operationId: 'getInbox', tags, response: { 200: Inbox } },
    },
    async (request) => {
      const customer = await identifyCustomer(request)
      return { items: customer ? await delivery.inboxOf(customer.customerId) : [] }
    },
  )
  http.post(
    '/v1/inbox/:messageId/read',
    {
      config,
      onRequest: allowBrowsers,
      schema: { operationId: 'markInboxRead', tags, params: messageParams, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const customer = await identifyCustomer(request)
      // The same answer for every message, or it would tell which exist.
      if (customer) await delivery.markRead(customer.customerId, request.params.messageId)
      return reply.status(204).send(null)
    },
  )
}

function registerPreflights(http: Http): void {
  const routes = [
    { url: '/v1/slots', operationId: 'allowSlots', methods: 'GET' },
    { url: '/v1/inbox', operationId: 'allowInbox', methods: 'GET' },
    { url: '/v1/inbox/:messageId/read', operationId: 'allowInboxRead', methods: 'POST' },
  ]
  for (const { url, operationId, methods } of routes) {
    http.options(
      url,
      {
        config: { permission: 'public' },
        onRequest: allowBrowsers,
        schema: { operationId, tags: ['delivery'], response: { 204: z.null() } },
      },
      async (_, reply) =>
        reply
          .header('access-control-allow-methods', methods)
          .header('access-control-allow-headers', 'authorization, content-type, x-customer-token')
          .header('access-control-max-age', '86400')
          .status(204)
          .send(null),
    )
  }
}
