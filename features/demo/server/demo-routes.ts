import { z } from 'zod'
import type { Customers } from '#features/customers/server/index.ts'
import { Became, Become, DemoCustomers } from '#features/demo/common/demo.ts'
import { demoError } from '#features/demo/common/demo-errors.ts'
import type { TokenSigner } from '#features/demo/server/demo-keys.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { Http } from '#platform/server/http.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

type Deps = {
  pg: Postgres
  customers: Customers
  /** Undefined in a real bank: then these routes answer 404. */
  signer: () => TokenSigner | undefined
  publicWriteKey: string
}

type Candidate = {
  customer_id: number
  customer_no: string
  is_granted: boolean | null
  attributes: Record<string, string>
}

const candidatesShown = 8

/** What a chooser needs to know of a customer: words, no identifiers. */
function hintOf({ attributes, is_granted }: Candidate): string {
  const facts = [
    attributes.age && `${attributes.age}岁`,
    attributes.job,
    is_granted ? '同意营销' : '未同意营销',
  ]
  return facts.filter(Boolean).join(' · ')
}

/** Demo only: choosing a customer and becoming one, in place of a bank's log-in. */
export function registerDemoRoutes(http: Http, deps: Deps): void {
  const { pg, customers, signer, publicWriteKey } = deps

  http.get(
    '/demo/customers',
    {
      config: { permission: 'public' },
      schema: {
        operationId: 'listDemoCustomers',
        tags: ['demo'],
        querystring: z.object({ q: z.string().max(64).default('') }),
        response: { 200: DemoCustomers },
      },
    },
    async (request) => {
      if (!signer()) throw demoError('DEMO_ONLY', {})
      const rows = await pg.query<Candidate>(sql`
        SELECT c.customer_id, c.customer_no, c.attributes, n.is_granted
        FROM customer AS c LEFT JOIN consent AS n ON n.customer_id = c.customer_id AND n.purpose = 'marketing'
        WHERE c.customer_no LIKE ${`${request.query.q.replaceAll(/[\\%_]/g, '\\$&')}%`} AND c.state = 'active'
        ORDER BY c.customer_no LIMIT ${candidatesShown}`)
      const names = await customers.names(
        scopeOfEveryone,
        rows.map((row) => row.customer_id),
      )
      return {
        items: rows.map((row) => ({
          customerNo: row.customer_no,
          name: names.get(row.customer_id)?.name ?? row.customer_no,
          hint: hintOf(row),
        })),
      }
    },
  )

  http.post(
    '/demo/become',
    {
      config: { permission: 'public' },
      schema: { operationId: 'becomeDemoCustomer', tags: ['demo'], body: Become, response: { 200: Became } },
    },
    async (request) => {
      const signs = signer()
      if (!signs) throw demoError('DEMO_ONLY', {})
      const { customerNo } = request.body
      const customer = await customers.findByNo(scopeOfEveryone, customerNo)
      if (!customer) throw demoError('DEMO_CUSTOMER_UNKNOWN', { customerNo })
      const names = await customers.names(scopeOfEveryone, [customer.customerId])
      const token = await signs.sign(customerNo)
      return {
        customerNo,
        name: names.get(customer.customerId)?.name ?? customerNo,
        token,
        writeKey: publicWriteKey,
      }
    },
  )
}
