import {
  type AttributeOperation,
  foldOperations,
  mergeOperations,
  type ProfileOperationName,
} from '#features/customers/common/profile-operation.ts'
import { splitAttributes } from '#features/customers/server/customer-rows.ts'
import { createCustomerSync } from '#features/customers/server/customer-sync.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** What one message does to a customer's attributes. */
export type ProfileChange = {
  customerId: number
  /** The message's id as a UUID: each counts once. */
  msg: string
  /** By the client's clock: the same on every repetition. */
  atMs: number
  operation: ProfileOperationName
  attributes: readonly (readonly [name: string, value: string])[]
}

type Key = { customerId: number; attribute: string }
type Stored = {
  customer_id: number
  attribute: string
  msg: string
  at: Date
  operation: ProfileOperationName
  value: string
}
type Attribute = Key & { known: AttributeOperation[]; incoming: AttributeOperation[] }

const keyOf = ({ customerId, attribute }: Key): string => `${customerId}\0${attribute}`

/** Operations by attribute; direct identifiers are no attributes. */
function group(changes: readonly ProfileChange[]): Map<string, Attribute> {
  const grouped = new Map<string, Attribute>()
  for (const { customerId, msg, atMs, operation, attributes } of changes) {
    const { attributes: kept } = splitAttributes(Object.fromEntries(attributes))
    for (const [attribute, value] of Object.entries(kept)) {
      const key = keyOf({ customerId, attribute })
      const found = grouped.get(key) ?? { customerId, attribute, known: [], incoming: [] }
      found.incoming.push({ msg, atMs, operation, value })
      grouped.set(key, found)
    }
  }
  return grouped
}

async function readKnown(tx: PgRunner, all: ReadonlyMap<string, Attribute>): Promise<void> {
  const keys = [...all.values()]
  const rows = await tx.query<Stored>(sql`
    SELECT p.customer_id, p.attribute, p.msg, p.at, p.operation, p.value FROM profile_operation AS p
    JOIN unnest(${keys.map((key) => key.customerId)}::bigint[], ${keys.map((key) => key.attribute)}::text[])
      AS k(customer_id, attribute) ON p.customer_id = k.customer_id AND p.attribute = k.attribute`)
  for (const { customer_id: customerId, attribute, msg, at, operation, value } of rows)
    all.get(keyOf({ customerId, attribute }))?.known.push({ msg, atMs: at.getTime(), operation, value })
}

type Written = Key & AttributeOperation

const isSame = (a: AttributeOperation, b: AttributeOperation): boolean =>
  a.atMs === b.atMs && a.operation === b.operation && a.value === b.value

/** What has to go and what has to come, so that the table holds `after`. */
function differences({ customerId, attribute, known }: Attribute, after: readonly AttributeOperation[]) {
  const before = new Map(known.map((one) => [one.msg, one]))
  const added = after.filter((one) => {
    const found = before.get(one.msg)
    before.delete(one.msg)
    if (found && !isSame(found, one)) before.set(one.msg, found)
    return !found || !isSame(found, one)
  })
  const full = (one: AttributeOperation): Written => ({ customerId, attribute, ...one })
  return { gone: [...before.values()].map(full), added: added.map(full) }
}

async function write(tx: PgRunner, gone: readonly Written[], added: readonly Written[]): Promise<void> {
  if (gone.length > 0)
    await tx.execute(sql`
      DELETE FROM profile_operation AS p
      USING unnest(${gone.map((one) => one.customerId)}::bigint[], ${gone.map((one) => one.attribute)}::text[],
        ${gone.map((one) => one.msg)}::uuid[]) AS g(customer_id, attribute, msg)
      WHERE p.customer_id = g.customer_id AND p.attribute = g.attribute AND p.msg = g.msg`)
  if (added.length > 0)
    await tx.execute(sql`
      INSERT INTO profile_operation (customer_id, attribute, msg, at, operation, value)
      SELECT * FROM unnest(${added.map((one) => one.customerId)}::bigint[], ${added.map((one) => one.attribute)}::text[],
        ${added.map((one) => one.msg)}::uuid[], ${added.map((one) => new Date(one.atMs))}::timestamptz[],
        ${added.map((one) => one.operation)}::text[], ${added.map((one) => one.value)}::text[])`)
}

/** What becomes of one customer's attributes: new values by name; null: there is none any more. */
type Outcome = Map<number, Record<string, string | null>>

/**
 * Applies what messages do to attributes, each message once, whatever order they come in and however often: a value set
 * later by the client's clock outlasts one set earlier, and what adds to a value adds once.
 */
export function createProfileOperations(deps: { pg: Postgres; ch: ClickHouse; clock: Clock }) {
  const { pg, clock } = deps
  const sync = createCustomerSync(deps)

  /** Locks in one order, so that loaders that share customers wait for each other instead of deadlocking. */
  async function lock(tx: PgRunner, customerIds: readonly number[]) {
    const rows = await tx.query<{ customer_id: number; attributes: Record<string, string> }>(sql`
      SELECT c.customer_id, c.attributes FROM customer AS c WHERE c.customer_id = ANY(${customerIds}::bigint[])
      ORDER BY c.customer_id FOR NO KEY UPDATE`)
    return new Map(rows.map((row) => [row.customer_id, row.attributes]))
  }

  async function change(tx: PgRunner, outcome: Outcome): Promise<number[]> {
    const rows = [...outcome]
    if (rows.length === 0) return []
    const now = clock.now()
    const changed = await tx.query<{ customer_id: number }>(sql`
      WITH changed AS (
        UPDATE customer AS c
        SET attributes = jsonb_strip_nulls(c.attributes || i.attributes::jsonb), updated_at = ${now}::timestamptz,
          revision = greatest(c.revision + 1, ${now.getTime() * 1024}::bigint)
        FROM unnest(${rows.map(([id]) => id)}::bigint[], ${rows.map(([, all]) => JSON.stringify(all))}::text[])
          AS i(customer_id, attributes)
        WHERE c.customer_id = i.customer_id
        RETURNING c.customer_id, c.revision),
      marked AS (INSERT INTO customer_sync (customer_id, revision) SELECT n.customer_id, n.revision FROM changed AS n)
      SELECT n.customer_id FROM changed AS n`)
    return changed.map((row) => row.customer_id)
  }

  async function applyIn(tx: PgRunner, changes: readonly ProfileChange[]): Promise<number[]> {
    const all = group(changes)
    const current = await lock(tx, [...new Set(changes.map((one) => one.customerId))])
    await readKnown(tx, all)
    const outcome: Outcome = new Map()
    const [gone, added]: [Written[], Written[]] = [[], []]
    for (const one of all.values()) {
      const attributes = current.get(one.customerId)
      if (!attributes) continue
      const has = Object.hasOwn(attributes, one.attribute) ? attributes[one.attribute] : undefined
      const after = mergeOperations(one.known, one.incoming, has, clock.now().getTime())
      const changed = differences(one, after)
      gone.push(...changed.gone)
      added.push(...changed.added)
      const value = foldOperations(after)
      if (value !== has)
        outcome.set(one.customerId, { ...outcome.get(one.customerId), [one.attribute]: value ?? null })
    }
    await write(tx, gone, added)
    return change(tx, outcome)
  }

  return {
    /** Applies the changes; afterwards the warehouse has the new values, too. */
    async apply(changes: readonly ProfileChange[]): Promise<void> {
      if (changes.length === 0) return
      await sync.syncSome(await pg.transaction((tx) => applyIn(tx, changes)))
    },
  }
}

export type ProfileOperations = ReturnType<typeof createProfileOperations>
