import { z } from 'zod'
import {
  BindingUndone,
  CustomerIdentities,
  MergeCustomers,
  MergeDone,
  SplitCustomer,
  UndoBinding,
} from '#features/customers/common/customer-identities.ts'
import type { Identity } from '#features/ingest/server/identity.ts'
import type { Http } from '#platform/server/http.ts'

const tags = ['identity']
const one = '/api/customers/:customerNo'
const params = z.object({ customerNo: z.string() })
const bindingParams = z.object({
  customerNo: z.string(),
  visitor: z
    .string()
    .refine(
      (text) => /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n,
      'decimal digits of at most 64 bits',
    ),
})

/** Registers what staff see and put right of whose devices, ids and numbers are. */
export function registerIdentityRoutes(http: Http, { identity }: { identity: Identity }): void {
  http.get(
    `${one}/identities`,
    {
      config: { permission: 'customer.read' },
      schema: {
        operationId: 'listIdentitiesOfCustomer',
        tags,
        params,
        response: { 200: CustomerIdentities },
      },
    },
    async (request) => identity.of(request.scope, request.params.customerNo),
  )
  http.post(
    `${one}/bindings/:visitor/undo`,
    {
      config: { permission: 'identity.write' },
      schema: {
        ...{ operationId: 'undoBinding', tags, params: bindingParams },
        ...{ body: UndoBinding, response: { 200: BindingUndone } },
      },
    },
    async (request) => {
      const { customerNo, visitor } = request.params
      return identity.undo(request.caller.username, request.scope, customerNo, { visitor, ...request.body })
    },
  )
  http.post(
    '/api/customers/merge',
    {
      config: { permission: 'identity.write' },
      schema: { operationId: 'mergeCustomers', tags, body: MergeCustomers, response: { 200: MergeDone } },
    },
    async (request) => identity.merge(request.caller.username, request.scope, request.body),
  )
  http.post(
    `${one}/split`,
    {
      config: { permission: 'identity.write' },
      schema: {
        operationId: 'splitCustomer',
        tags,
        params,
        body: SplitCustomer,
        response: { 200: MergeDone },
      },
    },
    async (request) =>
      identity.split(request.caller.username, request.scope, request.params.customerNo, request.body.reason),
  )
}
