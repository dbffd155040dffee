import type { z } from 'zod'
import type { CustomerQuery } from '#features/customers/common/customer.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { joinSql, type Sql, sql } from '#platform/common/sql.ts'
import { type FieldCrypto, normaliseIdentifier } from '#platform/server/field-crypto.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { postgresScope } from '#platform/server/scope-sql.ts'

export type CustomerFilter = Pick<z.infer<typeof CustomerQuery>, 'q' | 'orgId' | 'state'>

/** The identifiers a search box takes; each only exactly, by keyed hash. */
const searchedKinds = ['name', 'phone', 'national_id', 'card'] as const

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

/** Finds the customers a list or a count speaks of; a caller's scope comes first in every condition. */
export function createCustomerSearch({ pg, crypto }: { pg: Postgres; crypto: FieldCrypto }) {
  async function findByIdentity(q: string): Promise<number[]> {
    const hashes = searchedKinds
      .filter((kind) => normaliseIdentifier(kind, q) !== '')
      .flatMap((kind) => crypto.searchHashes(kind, q).map((hash) => ({ kind, hash })))
    const rows = await pg.query<{ customer_id: number }>(sql`
      SELECT DISTINCT x.customer_id FROM customer_identity AS x
      JOIN unnest(${hashes.map((each) => each.kind)}::text[], ${hashes.map((each) => each.hash)}::bytea[]) AS i(kind, hash)
        ON x.kind = i.kind AND x.hash = i.hash`)
    return rows.map((row) => row.customer_id)
  }

  return {
    /** A condition on `customer AS c`. */
    async condition(scope: OrgScope, filter: CustomerFilter): Promise<Sql> {
      const parts = [postgresScope(scope, 'c')]
      const q = filter.q?.trim()
      if (q) {
        parts.push(sql`(c.customer_no LIKE ${`${escapeLike(q)}%`}::text
          OR c.customer_id = ANY(${await findByIdentity(q)}::bigint[]))`)
      }
      if (filter.state) parts.push(sql`c.state = ${filter.state}::text`)
      if (filter.orgId !== undefined) {
        parts.push(sql`c.org_id IN (
          SELECT u.org_id FROM org_unit_current AS u WHERE u.path @> ARRAY[${filter.orgId}::int])`)
      }
      return joinSql(parts, sql` AND `)
    },
  }
}
