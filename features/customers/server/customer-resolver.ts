import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import type { createCustomerSync } from '#features/customers/server/customer-sync.ts'
import type { CustomerWriter } from '#features/customers/server/customer-writer.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Numbers remembered with their ids, which never change; some 100 bytes each. */
const mostRemembered = 500_000
const roundSize = 10_000

type Known = { customer_no: string; customer_id: number; is_pending: boolean }

/** Turns customer numbers into ids, in batches and race-safe; what it has seen once costs a look into memory. */
export function createCustomerResolver(deps: {
  pg: Postgres
  writer: CustomerWriter
  sync: ReturnType<typeof createCustomerSync>
}) {
  const { pg, writer, sync } = deps
  const remembered = new Map<string, number>()

  const findKnown = (customerNos: readonly string[]) =>
    pg.query<Known>(sql`
      SELECT c.customer_no, c.customer_id,
        (EXISTS (SELECT 1 FROM customer_sync AS s WHERE s.customer_id = c.customer_id)
          OR EXISTS (SELECT 1 FROM customer_sync_range AS r
            WHERE c.customer_id BETWEEN r.first_id AND r.last_id)) AS is_pending
      FROM customer AS c WHERE c.customer_no = ANY(${customerNos}::text[])`)

  async function resolveRound(customerNos: readonly string[], createProvisional: boolean) {
    const known = await findKnown(customerNos)
    const ids = new Map(known.map((row) => [row.customer_no, row.customer_id]))
    const pending = known.filter((row) => row.is_pending).map((row) => row.customer_id)
    const unknown = createProvisional ? customerNos.filter((customerNo) => !ids.has(customerNo)) : []
    if (unknown.length > 0) {
      for (const [no, id] of await pg.transaction((tx) => writer.addProvisional(tx, unknown))) {
        ids.set(no, id)
        pending.push(id)
      }
    }
    // Also what another caller has added and not copied yet: the warehouse must know each number we answer.
    await sync.syncSome(pending)
    if (remembered.size + ids.size > mostRemembered) remembered.clear()
    for (const [no, id] of ids) remembered.set(no, id)
    return ids
  }

  return async (
    customerNos: readonly string[],
    { createProvisional }: { createProvisional: boolean },
  ): Promise<Map<string, number>> => {
    const resolved = new Map<string, number>()
    const unseen = new Set<string>()
    for (const customerNo of customerNos) {
      const customerId = remembered.get(customerNo)
      if (customerId !== undefined) resolved.set(customerNo, customerId)
      else if (isCustomerNo(customerNo)) unseen.add(customerNo)
    }
    const rest = [...unseen]
    for (let at = 0; at < rest.length; at += roundSize) {
      const ids = await resolveRound(rest.slice(at, at + roundSize), createProvisional)
      for (const [no, id] of ids) resolved.set(no, id)
    }
    return resolved
  }
}
