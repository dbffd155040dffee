import { customerError } from '#features/customers/common/customer-errors.ts'
import type { AttributesInput, CustomerInput } from '#features/customers/server/customer-inputs.ts'
import { insertCustomers } from '#features/customers/server/customer-insert.ts'
import {
  type CustomerRow,
  prepareCustomers,
  splitAttributes,
} from '#features/customers/server/customer-rows.ts'
import type { FreshCopies } from '#features/customers/server/fresh-copies.ts'
import { createIdentityWriter, type IdentitiesOf } from '#features/customers/server/identity-writer.ts'
import { recordOwnerChanges } from '#features/customers/server/owner-history.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import { allocatePlacedIds } from '#platform/server/placement/allocate-ids.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

const mostIds = 4_294_967_295

/** A batch larger than this is written in several rounds of statements, so that one bound array stays small. */
const roundSize = 10_000

type Found = { customer_no: string; customer_id: number }

const findIds = (tx: PgRunner, customerNos: readonly string[]): Promise<Found[]> =>
  tx.query<Found>(sql`
    SELECT c.customer_no, c.customer_id FROM customer AS c WHERE c.customer_no = ANY(${customerNos}::text[])`)

/**
 * Takes ids without gaps, on a cluster from the open chunk of each shard; the row stays locked until commit, so that
 * nobody else adds the same customers meanwhile.
 */
async function allocate(tx: PgRunner, count: number): Promise<number[]> {
  const placed = await allocatePlacedIds(tx, count)
  if (placed) return placed
  const moved = await tx.first<{ first_id: number }>(sql`
    UPDATE customer_id_allocator AS a SET next_id = a.next_id + ${count}::bigint
    WHERE a.next_id + ${count}::bigint <= ${mostIds + 1}::bigint
    RETURNING a.next_id - ${count}::bigint AS first_id`)
  if (!moved) throw customerError('CUSTOMER_IDS_EXHAUSTED', {})
  return Array.from({ length: count }, (_, index) => moved.first_id + index)
}

async function headOfficeId(tx: PgRunner): Promise<number> {
  const unit = await tx.first<{ org_id: number }>(sql`
    SELECT u.org_id FROM org_unit_current AS u WHERE u.parent_id IS NULL ORDER BY u.org_id LIMIT 1`)
  if (!unit) throw customerError('HEAD_OFFICE_MISSING', {})
  return unit.org_id
}

/** Runs an update of customers and marks what it changed for the warehouse; gives the ids. */
async function changeAndMark(tx: PgRunner, update: Sql): Promise<number[]> {
  const changed = await tx.query<{ customer_id: number }>(sql`
    WITH changed AS (${update} RETURNING c.customer_id, c.revision),
    marked AS (INSERT INTO customer_sync (customer_id, revision) SELECT n.customer_id, n.revision FROM changed AS n)
    SELECT n.customer_id FROM changed AS n`)
  return changed.map((row) => row.customer_id)
}

/** Locks in one order, so that batches that share customers wait for each other instead of deadlocking. */
const lockCustomers = (tx: PgRunner, customerIds: readonly number[]) =>
  tx.execute(sql`
    SELECT FROM customer AS c WHERE c.customer_id = ANY(${customerIds}::bigint[])
    ORDER BY c.customer_id FOR NO KEY UPDATE`)

const inputOf = (rows: readonly CustomerRow[], ids: ReadonlyMap<string, number>): Sql => sql`
  unnest(${rows.map((row) => ids.get(row.customerNo))}::bigint[], ${rows.map((row) => row.customerNo)}::text[],
    ${rows.map((row) => row.state)}::text[], ${rows.map((row) => row.orgId)}::int[], ${rows.map((row) => row.hasRm)}::boolean[],
    ${rows.map((row) => row.rmStaffId)}::int[], ${rows.map((row) => row.attributes)}::text[], ${rows.map((row) => row.openedOn)}::date[])
    AS i(customer_id, customer_no, state, org_id, has_rm, rm_staff_id, attributes, opened_on)`

export type CustomerWriter = ReturnType<typeof createCustomerWriter>

/** Batch writes of customers to PostgreSQL: one statement per table, whatever the number of rows. */
export function createCustomerWriter(deps: {
  clock: Clock
  crypto: FieldCrypto
  timeZone: string
  fresh: FreshCopies
}) {
  const { clock, timeZone } = deps
  const identityWriter = createIdentityWriter(deps.crypto)
  const today = () => bankDay(clock.now(), timeZone)
  /** Above every revision of the past, also after PostgreSQL was restored from an older backup than the warehouse. */
  const revisionFloor = () => clock.now().getTime() * 1024

  async function insertNew(
    tx: PgRunner,
    rows: readonly CustomerRow[],
    ids: ReadonlyMap<string, number>,
    isProvisional: boolean,
  ): Promise<void> {
    const common = {
      ...{ headOfficeId: await headOfficeId(tx), isProvisional },
      ...{ revision: revisionFloor(), now: clock.now(), today: today() },
    }
    await insertCustomers(tx, rows, ids, common, deps.fresh)
  }

  /**
   * Adds the customers that are not there yet. Unknown numbers are looked for again under the allocator's lock: what
   * another transaction has added meanwhile is found then, and no id is wasted.
   */
  async function addMissing(tx: PgRunner, rows: readonly CustomerRow[], isProvisional: boolean) {
    const ids = new Map<string, number>()
    const learn = (found: readonly Found[]) => {
      for (const row of found) ids.set(row.customer_no, row.customer_id)
    }
    const unknown = () => rows.filter((row) => !ids.has(row.customerNo))
    learn(
      await findIds(
        tx,
        rows.map((row) => row.customerNo),
      ),
    )
    if (ids.size === rows.length) return { ids, added: [] }
    await tx.execute(sql`SELECT FROM customer_id_allocator FOR UPDATE`)
    learn(
      await findIds(
        tx,
        unknown().map((row) => row.customerNo),
      ),
    )
    const added = unknown()
    if (added.length === 0) return { ids, added }
    const newIds = await allocate(tx, added.length)
    added.forEach((row, index) => {
      ids.set(row.customerNo, newIds[index]!)
    })
    await insertNew(tx, added, ids, isProvisional)
    return { ids, added }
  }

  async function changeExisting(
    tx: PgRunner,
    rows: readonly CustomerRow[],
    ids: ReadonlyMap<string, number>,
  ): Promise<void> {
    await lockCustomers(
      tx,
      rows.map((row) => ids.get(row.customerNo) ?? 0),
    )
    const changed = await changeAndMark(
      tx,
      sql`
      UPDATE customer AS c
      SET state = coalesce(i.state, c.state), is_provisional = false, org_id = coalesce(i.org_id, c.org_id),
        rm_staff_id = CASE WHEN i.has_rm THEN i.rm_staff_id ELSE c.rm_staff_id END,
        attributes = c.attributes || coalesce(i.attributes::jsonb, '{}'),
        revision = greatest(c.revision + 1, ${revisionFloor()}::bigint), updated_at = ${clock.now()}::timestamptz
      FROM ${inputOf(rows, ids)}
      WHERE c.customer_id = i.customer_id
        AND (c.is_provisional OR i.state <> c.state OR i.org_id <> c.org_id
          OR (i.has_rm AND i.rm_staff_id IS DISTINCT FROM c.rm_staff_id) OR NOT c.attributes @> i.attributes::jsonb)`,
    )
    if (changed.length > 0) await recordOwnerChanges(tx, changed, today())
  }

  const rounds = <T>(rows: readonly T[]): (readonly T[])[] =>
    Array.from({ length: Math.ceil(rows.length / roundSize) }, (_, round) =>
      rows.slice(round * roundSize, (round + 1) * roundSize),
    )

  return {
    /** Adds and changes customers; gives their ids in the order of the inputs. */
    async upsert(tx: PgRunner, inputs: readonly CustomerInput[]): Promise<number[]> {
      const ids = new Map<string, number>()
      const existing: CustomerRow[] = []
      const identitiesOf = (some: readonly CustomerRow[]): IdentitiesOf[] =>
        some.map((row) => ({ customerId: ids.get(row.customerNo) ?? 0, identities: row.identities }))
      // Everything new first: the allocator is locked before any customer, in every transaction.
      for (const round of rounds(prepareCustomers(inputs))) {
        const found = await addMissing(tx, round, false)
        for (const [customerNo, customerId] of found.ids) ids.set(customerNo, customerId)
        const isNew = new Set(found.added)
        existing.push(...round.filter((row) => !isNew.has(row)))
        await identityWriter.replace(tx, identitiesOf(found.added), true)
      }
      for (const round of rounds(existing)) {
        await changeExisting(tx, round, ids)
        await identityWriter.replace(tx, identitiesOf(round), false)
      }
      return inputs.map((input) => ids.get(input.customerNo) ?? 0)
    },

    /** Gives the ids of the numbers; unknown ones become provisional customers, known ones stay as they are. */
    async addProvisional(tx: PgRunner, customerNos: readonly string[]): Promise<Map<string, number>> {
      const rows = prepareCustomers(customerNos.map((customerNo) => ({ customerNo })))
      return (await addMissing(tx, rows, true)).ids
    },

    /** Merges attributes by name; gives the ids of the customers that changed by it. */
    async mergeAttributes(tx: PgRunner, inputs: readonly AttributesInput[]): Promise<number[]> {
      const merged = new Map<number, Record<string, string>>()
      for (const { customerId, attributes } of inputs) {
        merged.set(customerId, { ...merged.get(customerId), ...attributes })
      }
      const split = Array.from(merged, ([customerId, all]) => ({ customerId, ...splitAttributes(all) }))
      const ids = split.map((row) => row.customerId)
      await lockCustomers(tx, ids)
      const changed = await changeAndMark(
        tx,
        sql`
        UPDATE customer AS c
        SET attributes = c.attributes || i.attributes::jsonb, updated_at = ${clock.now()}::timestamptz,
          revision = greatest(c.revision + 1, ${revisionFloor()}::bigint)
        FROM unnest(${ids}::bigint[], ${split.map((row) => JSON.stringify(row.attributes))}::text[])
          AS i(customer_id, attributes)
        WHERE c.customer_id = i.customer_id AND NOT c.attributes @> i.attributes::jsonb`,
      )
      await identityWriter.fill(tx, split)
      return changed
    },
  }
}
