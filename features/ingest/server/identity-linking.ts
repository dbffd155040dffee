import type { BindingStore, Proven } from '#features/ingest/server/binding-store.ts'
import { type SpooledIdentity, visitorOfIdentity } from '#features/ingest/server/identity-links.ts'
import type { Interval, IntervalProof } from '#features/ingest/server/visitor-intervals.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What one message of a trusted source says of identities. */
export type LinkedMessage = {
  event: { isVisitor: boolean; visitor: bigint; identities: readonly SpooledIdentity[] }
  /** The customer it names; 0: none, it is looked for by the identities. */
  customerId: number
  occurredMs: number
}

/** Identities nobody has are asked for again after this long; a link by a message needs no asking. */
const unknownForMs = 60_000
const mostUnknown = 300_000

const keyOf = (visitor: bigint) => String(visitor)
const lookupOf = (identities: readonly SpooledIdentity[]): Sql => sql`
  unnest(${identities.map((one) => one.kind)}::text[], ${identities.map((one) => one.hash)}::bytea[]) AS i(kind, hash)`

const unique = (identities: readonly SpooledIdentity[]): SpooledIdentity[] => [
  ...new Map(identities.map((one) => [`${one.kind} ${one.hash.toString('hex')}`, one])).values(),
]

export type IdentityLinking = ReturnType<typeof createIdentityLinking>

/**
 * Links ids to customers. An id is a visitor of its own: what a trusted source says of it, or the bank's own data, binds
 * it like a device; what came under it before is then the customer's. Two customers with one phone are nobody's.
 */
export function createIdentityLinking(deps: { pg: Postgres; clock: Clock; store: BindingStore }) {
  const { pg, clock, store } = deps
  const unknown = new Map<string, number>()

  /** Owners by what the bank's own data say of these identities: one look-up for all of them. */
  async function ownersOf(identities: readonly SpooledIdentity[]): Promise<Map<bigint, number>> {
    if (identities.length === 0) return new Map()
    const rows = await pg.query<{ hash: Buffer; customer_id: number }>(sql`
      SELECT i.hash, min(coalesce(h.home_id, x.customer_id)) AS customer_id FROM ${lookupOf(identities)}
      JOIN customer_identity AS x ON x.kind = i.kind AND x.hash = i.hash
      LEFT JOIN customer_home AS h ON h.customer_id = x.customer_id
      GROUP BY i.kind, i.hash HAVING count(DISTINCT coalesce(h.home_id, x.customer_id)) = 1`)
    return new Map(rows.map((row) => [visitorOfIdentity({ kind: '', hash: row.hash }), row.customer_id]))
  }

  const isUnknown = (visitor: bigint): boolean => {
    const atMs = unknown.get(keyOf(visitor))
    return atMs !== undefined && Math.abs(clock.now().getTime() - atMs) < unknownForMs
  }

  function rememberUnknown(visitors: readonly bigint[]): void {
    if (unknown.size + visitors.length > mostUnknown) unknown.clear()
    for (const visitor of visitors) unknown.set(keyOf(visitor), clock.now().getTime())
  }

  const wait = (waiting: readonly { identity: SpooledIdentity; visitor: bigint }[]) =>
    pg.execute(sql`
      INSERT INTO identity_waiting (kind, hash, visitor, seen_at)
      SELECT DISTINCT i.kind, i.hash, i.visitor, ${clock.now()}::timestamptz
      FROM unnest(${waiting.map((one) => one.identity.kind)}::text[], ${waiting.map((one) => one.identity.hash)}::bytea[],
        ${waiting.map((one) => String(one.visitor))}::text[]) AS i(kind, hash, visitor)
      ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING`)

  /** Other visitors whose events wait for identities that have just got a customer. */
  async function release(linked: readonly (Proven & { identity: SpooledIdentity })[]): Promise<Proven[]> {
    const rows = await pg.query<{ kind: string; hash: Buffer; visitor: string }>(sql`
      DELETE FROM identity_waiting AS w USING ${lookupOf(unique(linked.map((one) => one.identity)))}
      WHERE w.kind = i.kind AND w.hash = i.hash RETURNING w.kind, w.hash, w.visitor`)
    const momentOf = new Map(linked.map((one) => [one.visitor, one.moment]))
    return rows.flatMap((row) => {
      const moment = momentOf.get(visitorOfIdentity(row))
      const visitor = BigInt(row.visitor)
      return moment && !momentOf.has(visitor) ? [{ visitor, kind: row.kind, moment }] : []
    })
  }

  const proven = (
    identity: SpooledIdentity,
    customerId: number,
    atMs: number,
    proof: IntervalProof,
  ): Proven & { identity: SpooledIdentity } => ({
    identity,
    visitor: visitorOfIdentity(identity),
    kind: identity.kind,
    moment: { customerId, atMs, proof },
  })

  /** Who the identities of a message that names nobody belong to: the first known one says. */
  const ownerIn = (
    identities: readonly SpooledIdentity[],
    intervals: ReadonlyMap<bigint, readonly Interval[]>,
    owners: ReadonlyMap<bigint, number>,
  ) => {
    for (const identity of identities) {
      const visitor = visitorOfIdentity(identity)
      const known = intervals.get(visitor)?.findLast((interval) => interval.customerId !== 0)
      if (known) return { customerId: known.customerId, proof: 'trusted_source' as const }
      const customerId = owners.get(visitor)
      if (customerId !== undefined) return { customerId, proof: 'bank_data' as const }
    }
    return undefined
  }

  async function prove(messages: readonly LinkedMessage[]) {
    const all = unique(messages.flatMap((message) => message.event.identities))
    const intervals = await store.intervalsOf(new Set(all.map(visitorOfIdentity)))
    const unnamed = messages.filter((message) => message.customerId === 0)
    const cold = unique(unnamed.flatMap((message) => message.event.identities)).filter((identity) => {
      const visitor = visitorOfIdentity(identity)
      return (intervals.get(visitor)?.length ?? 0) === 0 && !isUnknown(visitor)
    })
    const owners = await ownersOf(cold)
    const proofs: (Proven & { identity: SpooledIdentity })[] = []
    const waiting: { identity: SpooledIdentity; visitor: bigint }[] = []
    for (const { event, customerId, occurredMs } of messages) {
      const owner =
        customerId === 0
          ? ownerIn(event.identities, intervals, owners)
          : { customerId, proof: 'trusted_source' as const }
      for (const identity of event.identities) {
        if (owner) proofs.push(proven(identity, owner.customerId, occurredMs, owner.proof))
        else if (cold.length > 0) waiting.push({ identity, visitor: event.visitor })
      }
    }
    rememberUnknown(cold.map(visitorOfIdentity).filter((visitor) => !owners.has(visitor)))
    if (waiting.length > 0) await wait(waiting)
    const fresh = proofs.filter(({ visitor }) => (intervals.get(visitor)?.length ?? 0) === 0)
    return { proofs, fresh }
  }

  return {
    /** Binds the identities of messages to the customers they name or belong to; gives how many bindings are new. */
    async linkIdentities(messages: readonly LinkedMessage[]): Promise<number> {
      const { proofs, fresh } = await prove(messages)
      if (proofs.length === 0) return 0
      const sorted = [...proofs].sort((a, b) => a.moment.atMs - b.moment.atMs)
      const added = await store.bind(sorted)
      for (const { visitor } of fresh) unknown.delete(keyOf(visitor))
      if (fresh.length === 0) return added
      const released = await release(fresh)
      return released.length > 0 ? added + (await store.bind(released)) : added
    },
    /** Binds what waits for identities that the bank's own data have brought since. */
    async claimWaiting(): Promise<number> {
      const rows = await pg.query<{ kind: string; visitor: string; customer_id: number; seen_at: Date }>(sql`
        SELECT w.kind, w.visitor, min(w.seen_at) AS seen_at, min(coalesce(h.home_id, x.customer_id)) AS customer_id
        FROM identity_waiting AS w JOIN customer_identity AS x ON x.kind = w.kind AND x.hash = w.hash
        LEFT JOIN customer_home AS h ON h.customer_id = x.customer_id
        GROUP BY w.kind, w.hash, w.visitor HAVING count(DISTINCT coalesce(h.home_id, x.customer_id)) = 1`)
      if (rows.length === 0) return 0
      const added = await store.bind(
        rows.map((row) => ({
          visitor: BigInt(row.visitor),
          kind: row.kind,
          moment: { customerId: row.customer_id, atMs: row.seen_at.getTime(), proof: 'bank_data' as const },
        })),
      )
      await pg.execute(sql`
        DELETE FROM identity_waiting AS w
        USING unnest(${rows.map((row) => row.visitor)}::text[]) AS i(visitor) WHERE w.visitor = i.visitor`)
      unknown.clear()
      return added
    },
  }
}
