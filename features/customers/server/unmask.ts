import type { Audit } from '#features/audit/server/index.ts'
import { maskIdentifier } from '#features/customers/common/mask.ts'
import type { CustomerRef } from '#features/customers/server/customer-reads.ts'
import type { Caller } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Shows identifiers in the clear: the audit row is committed before anything is answered. */
export function createUnmask({ pg, crypto, audit }: { pg: Postgres; crypto: FieldCrypto; audit: Audit }) {
  return (
    caller: Caller,
    customer: CustomerRef,
    input: { kind: string; reason: string },
  ): Promise<string[]> =>
    pg.transaction(async (tx) => {
      const rows = await tx.query<{ cipher: Buffer; key_version: number }>(sql`
        SELECT x.cipher, x.key_version FROM customer_identity AS x
        WHERE x.customer_id = ${customer.customerId}::bigint AND x.kind = ${input.kind}::text
        ORDER BY x.created_at, x.hash`)
      const values = rows.map((row) => crypto.decrypt(row.cipher, row.key_version))
      await audit.record(tx, {
        actor: caller.username,
        action: 'customer.unmask',
        objectType: 'customer',
        objectId: customer.customerNo,
        orgId: customer.orgId,
        after: { kind: input.kind, values: values.length },
        // Whoever writes the number itself into the reason must not put it into the audit.
        reason: values.reduce(
          (reason, value) => reason.replaceAll(value, maskIdentifier(input.kind, value)),
          input.reason,
        ),
      })
      return values
    })
}
