import type { CustomerIdentities } from '#features/customers/common/customer-identities.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

type Binding = CustomerIdentities['bindings'][number]
type Row = Omit<Binding, 'events' | 'lastAt' | 'sources' | 'undone' | 'since' | 'until'> & {
  fromAt: Date
  toAt: Date | null
  undoneAt: Date | null
  undoneBy: string | null
  undoneReason: string | null
}
type Device = { visitor: string; events: string; last_ms: string; sources: string[] }

const mostShown = 200

/** What is known to be a customer, for people who may see that customer: callers have checked the scope. */
export function createIdentityReads({ pg, ch }: { pg: Postgres; ch: ClickHouse }) {
  const identitiesOf = (customerId: number) =>
    pg.query<CustomerIdentities['identities'][number]>(sql`
      SELECT x.kind, x.masked FROM customer_identity AS x
      WHERE x.customer_id IN (SELECT h.customer_id FROM customer_home AS h WHERE h.home_id = ${customerId}::bigint
        UNION SELECT ${customerId}::bigint)
      GROUP BY x.kind, x.masked, x.hash ORDER BY x.kind, min(x.created_at), x.hash`)

  const bindingsOf = (customerId: number) =>
    pg.query<Row>(sql`
      WITH number AS (
        SELECT h.customer_id FROM customer_home AS h WHERE h.home_id = ${customerId}::bigint
        UNION SELECT ${customerId}::bigint)
      SELECT b.visitor, b.kind, c.customer_no AS "customerNo", b.proof, b.from_at AS "fromAt", b.to_at AS "toAt",
        EXISTS (SELECT FROM visitor_binding AS o WHERE o.visitor = b.visitor AND o.customer_id IS NOT NULL
          AND o.customer_id NOT IN (SELECT n.customer_id FROM number AS n)) AS "isShared",
        NULL::timestamptz AS "undoneAt", NULL AS "undoneBy", NULL AS "undoneReason"
      FROM visitor_binding AS b JOIN customer AS c ON c.customer_id = b.customer_id
      WHERE b.customer_id IN (SELECT n.customer_id FROM number AS n)
      UNION ALL
      SELECT u.visitor, u.kind, c.customer_no, u.proof, u.from_at, u.to_at, false, u.undone_at, u.undone_by, u.reason
      FROM visitor_binding_undone AS u JOIN customer AS c ON c.customer_id = u.customer_id
      WHERE u.customer_id IN (SELECT n.customer_id FROM number AS n)
      ORDER BY "fromAt" DESC, visitor LIMIT ${mostShown}::int`)

  async function devicesOf(visitors: readonly string[]): Promise<Map<string, Device>> {
    if (visitors.length === 0) return new Map()
    const rows = await ch.query<Device>(sql`
      SELECT toString(a.visitor) AS visitor, count() AS events, toUnixTimestamp64Milli(max(a.occurred_at)) AS last_ms,
        arraySort(groupUniqArray(5)(a.source)) AS sources
      FROM event_anonymous AS a FINAL WHERE a.visitor IN ${typed('Array(UInt64)', [...new Set(visitors)].map(BigInt))}
      GROUP BY a.visitor`)
    return new Map(rows.map((row) => [row.visitor, row]))
  }

  return {
    async of(customerId: number): Promise<Omit<CustomerIdentities, 'merges'>> {
      const [identities, rows] = await Promise.all([identitiesOf(customerId), bindingsOf(customerId)])
      const devices = await devicesOf(rows.map((row) => row.visitor))
      const bindings = rows.map((row): Binding => {
        const { fromAt, toAt, undoneAt, undoneBy, undoneReason, ...rest } = row
        const device = devices.get(row.visitor)
        return {
          ...rest,
          since: fromAt.toISOString(),
          until: toAt?.toISOString() ?? null,
          events: Number(device?.events ?? 0),
          lastAt: device ? new Date(Number(device.last_ms)).toISOString() : null,
          sources: device?.sources ?? [],
          undone: undoneAt && {
            at: undoneAt.toISOString(),
            by: undoneBy ?? '',
            reason: undoneReason ?? '',
          },
        }
      })
      return { identities, bindings }
    },
  }
}
