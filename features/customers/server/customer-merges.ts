import type { Audit } from '#features/audit/server/index.ts'
import { customerError } from '#features/customers/common/customer-errors.ts'
import type { CustomerRef } from '#features/customers/server/customer-reads.ts'
import { nextIdentityVersion } from '#features/customers/server/identity-version.ts'
import {
  type MergeTable,
  type MovedRows,
  moveRows,
  returnRows,
} from '#features/customers/server/merge-tables.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type MergeInput = { from: CustomerRef; to: CustomerRef; reason: string }
/** A merge as a customer's page shows it. */
export type MergeItem = {
  from: string
  to: string
  reason: string
  mergedAt: string
  mergedBy: string
  splitAt: string | null
}

type OpenMerge = { merge_id: number; to_id: number; moved: Moved }
type Moved = { rows?: MovedRows; consents?: unknown[]; isDoNotContact?: boolean }

const openMergeOf = (tx: PgRunner, customerId: number) =>
  tx.first<OpenMerge>(sql`
    SELECT m.merge_id, m.to_id, m.moved FROM customer_merge AS m
    WHERE m.from_id = ${customerId}::bigint AND m.split_at IS NULL`)

/** A number's end of the chain of open merges, for all numbers that end, or have ended, at one of these. */
const homesNow = (roots: readonly number[]) => sql`
  WITH RECURSIVE member AS (
    SELECT h.customer_id FROM customer_home AS h WHERE h.home_id = ANY(${roots}::bigint[])
    UNION SELECT unnest(${roots}::bigint[])
  ), step (customer_id, at_id, depth) AS (
    SELECT x.customer_id, x.customer_id, 0 FROM member AS x
    UNION ALL
    SELECT s.customer_id, m.to_id, s.depth + 1 FROM step AS s
    JOIN customer_merge AS m ON m.from_id = s.at_id AND m.split_at IS NULL
  )
  SELECT DISTINCT ON (s.customer_id) s.customer_id, s.at_id AS home_id FROM step AS s ORDER BY s.customer_id, s.depth DESC`

/** Writes where the numbers around these roots are counted now; what has to move or be copied again is marked. */
async function rehome(tx: PgRunner, roots: readonly number[], version: number): Promise<void> {
  await tx.execute(sql`
    INSERT INTO customer_home AS h (customer_id, home_id, past_ids, version)
    SELECT n.customer_id, n.home_id, CASE WHEN n.home_id = n.customer_id THEN '{}' ELSE ARRAY[n.customer_id] END, ${version}::bigint
    FROM (${homesNow(roots)}) AS n
    WHERE n.home_id <> n.customer_id OR EXISTS (SELECT FROM customer_home AS k WHERE k.customer_id = n.customer_id)
    ON CONFLICT (customer_id) DO UPDATE SET version = excluded.version, applied_at = NULL, home_id = excluded.home_id,
      past_ids = ARRAY(SELECT DISTINCT p FROM unnest(h.past_ids || h.home_id) AS p WHERE p <> excluded.home_id)`)
  await tx.execute(sql`
    UPDATE visitor_binding AS b SET applied_at = NULL, version = ${version}::bigint
    FROM customer_home AS h WHERE h.version = ${version}::bigint AND b.customer_id = h.customer_id`)
}

/** Marks the copies of numbers in the warehouse: a merged one goes, one that was split off comes back. */
const markForSync = (tx: PgRunner, customerIds: readonly number[]) =>
  tx.execute(sql`
    WITH changed AS (
      UPDATE customer AS c SET revision = c.revision + 1, updated_at = now()
      WHERE c.customer_id = ANY(${customerIds}::bigint[]) RETURNING c.customer_id, c.revision)
    INSERT INTO customer_sync (customer_id, revision) SELECT n.customer_id, n.revision FROM changed AS n`)

/** Of two statements on a purpose the newer one is the person's; a wish not to be contacted is everybody's. */
async function takeOverWishes(tx: PgRunner, from: number, to: number): Promise<Omit<Moved, 'rows'>> {
  const before = await tx.first<{ consents: unknown[]; has: boolean }>(sql`
    SELECT coalesce((SELECT jsonb_agg(to_jsonb(g)) FROM consent AS g WHERE g.customer_id = ${to}::bigint), '[]') AS consents,
      EXISTS (SELECT FROM do_not_contact AS d WHERE d.customer_id = ${to}::bigint) AS has`)
  await tx.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT ${to}::bigint, g.purpose, g.is_granted, g.version, g.channel, g.at FROM consent AS g
    WHERE g.customer_id = ${from}::bigint
    ON CONFLICT (customer_id, purpose) DO UPDATE SET is_granted = excluded.is_granted, version = excluded.version,
      channel = excluded.channel, at = excluded.at WHERE excluded.at > consent.at`)
  const added = await tx.execute(sql`
    INSERT INTO do_not_contact (customer_id, reason, at)
    SELECT ${to}::bigint, d.reason, d.at FROM do_not_contact AS d WHERE d.customer_id = ${from}::bigint
    ON CONFLICT DO NOTHING`)
  return { consents: before?.consents ?? [], isDoNotContact: added > 0 }
}

/** What the survivor took over and has not changed since goes back to what it was. */
async function giveWishesBack(tx: PgRunner, from: number, to: number, moved: Moved): Promise<void> {
  await tx.execute(sql`
    DELETE FROM consent AS g USING consent AS o
    WHERE g.customer_id = ${to}::bigint AND o.customer_id = ${from}::bigint AND g.purpose = o.purpose AND g.at = o.at`)
  await tx.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT r.customer_id, r.purpose, r.is_granted, r.version, r.channel, r.at
    FROM jsonb_populate_recordset(NULL::consent, ${JSON.stringify(moved.consents ?? [])}::jsonb) AS r
    ON CONFLICT DO NOTHING`)
  if (moved.isDoNotContact)
    await tx.execute(sql`
      DELETE FROM do_not_contact AS d USING do_not_contact AS o
      WHERE d.customer_id = ${to}::bigint AND o.customer_id = ${from}::bigint AND d.reason = o.reason AND d.at = o.at`)
}

/**
 * Numbers of one person, as the core bank merges and splits them. Each number keeps its own id; what changes is where it
 * is counted. PostgreSQL decides here in one transaction; the warehouse follows (see `customer_home`).
 */
export function createCustomerMerges(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  tables: readonly MergeTable[]
}) {
  const { pg, clock, audit, tables } = deps

  async function write(tx: PgRunner, actor: string, { from, to, reason }: MergeInput): Promise<void> {
    const version = await nextIdentityVersion(tx)
    const open = await openMergeOf(tx, from.customerId)
    if (open?.to_id === to.customerId) return
    if (open) throw customerError('CUSTOMER_MERGED_ALREADY', { customerNo: from.customerNo })
    const target = await tx.first<{ home_id: number }>(sql`
      SELECT coalesce((SELECT h.home_id FROM customer_home AS h WHERE h.customer_id = ${to.customerId}::bigint),
        ${to.customerId}::bigint) AS home_id`)
    const home = target?.home_id ?? to.customerId
    if (home === from.customerId) throw customerError('CUSTOMER_MERGE_LOOP', { customerNo: from.customerNo })
    const rows = await moveRows(tx, tables, from.customerId, home)
    const moved: Moved = { rows, ...(await takeOverWishes(tx, from.customerId, home)) }
    await tx.execute(sql`
      INSERT INTO customer_merge (from_id, to_id, reason, merged_at, merged_by, moved)
      VALUES (${from.customerId}::bigint, ${to.customerId}::bigint, ${reason}, ${clock.now()}::timestamptz, ${actor},
        ${JSON.stringify({ ...moved, home })}::jsonb)`)
    await rehome(tx, [from.customerId, home], version)
    await markForSync(tx, [from.customerId, home])
    await audit.record(tx, {
      ...{ actor, action: 'customer.merge', objectType: 'customer', objectId: from.customerNo, reason },
      ...{ orgId: to.orgId, after: { mergedInto: to.customerNo } },
    })
  }

  async function unwrite(tx: PgRunner, actor: string, from: CustomerRef, reason: string): Promise<boolean> {
    const version = await nextIdentityVersion(tx)
    const open = await openMergeOf(tx, from.customerId)
    if (!open) return false
    const { home = open.to_id, ...moved } = open.moved as Moved & { home?: number }
    await tx.execute(sql`
      UPDATE customer_merge AS m SET split_at = ${clock.now()}::timestamptz, split_by = ${actor}, split_reason = ${reason}
      WHERE m.merge_id = ${open.merge_id}::bigint`)
    const now = await tx.first<{ home_id: number }>(sql`
      SELECT h.home_id FROM customer_home AS h WHERE h.customer_id = ${from.customerId}::bigint`)
    await returnRows(tx, tables, moved.rows ?? {}, from.customerId, now?.home_id ?? home)
    await giveWishesBack(tx, from.customerId, now?.home_id ?? home, moved)
    await rehome(tx, [...new Set([from.customerId, home, now?.home_id ?? home])], version)
    await markForSync(tx, [from.customerId, home])
    await audit.record(tx, {
      ...{ actor, action: 'customer.split', objectType: 'customer', objectId: from.customerNo, reason },
      orgId: from.orgId,
    })
    return true
  }

  return {
    /** Counts a number under another from now on; saying it again changes nothing. */
    merge: (actor: string, input: MergeInput): Promise<void> => {
      if (input.from.customerId === input.to.customerId)
        throw customerError('CUSTOMER_MERGE_LOOP', { customerNo: input.from.customerNo })
      return pg.transaction((tx) => write(tx, actor, input))
    },
    /** Undoes a number's merge; false when it is not merged. */
    split: (actor: string, from: CustomerRef, reason: string): Promise<boolean> =>
      pg.transaction((tx) => unwrite(tx, actor, from, reason)),
    /** Merges a customer took part in, the newest first. */
    async list(customerId: number): Promise<MergeItem[]> {
      return pg.query<MergeItem>(sql`
        SELECT f.customer_no AS "from", t.customer_no AS "to", m.reason AS "reason", m.merged_by AS "mergedBy",
          to_char(m.merged_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "mergedAt",
          to_char(m.split_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "splitAt"
        FROM customer_merge AS m JOIN customer AS f ON f.customer_id = m.from_id
        JOIN customer AS t ON t.customer_id = m.to_id
        WHERE m.from_id = ${customerId}::bigint OR m.to_id = ${customerId}::bigint
          OR m.from_id IN (SELECT h.customer_id FROM customer_home AS h WHERE h.home_id = ${customerId}::bigint)
        ORDER BY m.merge_id DESC LIMIT 100`)
    },
  }
}

export type CustomerMerges = ReturnType<typeof createCustomerMerges>
