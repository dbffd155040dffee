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
      SELECT DISTINCT coalesce(h.home_id, x.customer_id) AS customer_id FROM customer_identity AS x
      LEFT JOIN customer_home AS h ON h.customer_id = x.customer_id
      JOIN unnest(${hashes.map((each) => each.kind)}::text[], ${hashes.map((each) => each.hash)}::bytea[]) AS i(kind, hash)
        ON x.kind = i.kind AND x.hash = i.hash`)
    return rows.map((row) => row.customer_id)
  }

  return {
    /** A condition on `customer AS c`. */
    async condition(scope: OrgScope, filter: CustomerFilter): Promise<Sql> {
      const parts = [
        postgresScope(scope, 'c'),
        sql`NOT EXISTS (SELECT FROM customer_home AS h WHERE h.customer_id = c.customer_id AND h.home_id <> c.customer_id)`,
      ]
      const q = filter.q?.trim()
      if (q) {
        parts.push(sql`(c.customer_no LIKE ${`${escapeLike(q)}%`}::text
          OR c.customer_id = ANY(${await findByIdentity(q)}::bigint[])
          OR c.customer_id = (SELECT h.home_id FROM customer AS o JOIN customer_home AS h ON h.customer_id = o.customer_id
            WHERE o.customer_no = ${q}::text))`)
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
