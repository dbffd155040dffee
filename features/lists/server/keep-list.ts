import type { Audit } from '#features/audit/server/index.ts'
import type { CreateList } from '#features/lists/common/list.ts'
import { listError } from '#features/lists/common/list-errors.ts'
import * as store from '#features/lists/server/list-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What a kept list was made of, for the audit. */
export type ListOrigin = Readonly<Record<string, string | number>>

/**
 * Makes lists of customers that a query finds. Such a list counts its versions as uploads do, so that neither ever writes
 * into the members of the other; it is empty until all of its members are there.
 */
export function createListKeeper(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; audit: Audit }) {
  const { pg, ch, clock, audit } = deps

  const begin = (caller: Caller, scope: OrgScope, list: CreateList): Promise<number> =>
    pg.transaction(async (tx) => {
      if (!(await store.insertList(tx, list, caller, clock.now()))) {
        throw listError('LIST_KEY_TAKEN', { key: list.key }, [
          { path: 'key', code: 'LIST_KEY_TAKEN', message: 'is taken' },
        ])
      }
      const upload = { key: list.key, fileName: list.name, scope, by: caller.username }
      return store.beginUpload(tx, upload, clock.now())
    })

  async function writeMembers(key: string, version: number, rows: Sql): Promise<number> {
    const [list, number] = [typed('String', key), typed('UInt32', version)]
    const insert = sql`
      INSERT INTO list_member (list, version, customer_id, value)
      SELECT DISTINCT ${list}, ${number}, r.customer_id, '' FROM (${rows}) AS r`
    await ch.onEachShard((shard) => shard.command(insert, { lane: 'jobs' }), { writes: true })
    const counted = await ch.first<{ n: string }>(
      sql`SELECT uniqExact(m.customer_id) AS n FROM list_member AS m WHERE m.list = ${list} AND m.version = ${number}`,
      { lane: 'jobs' },
    )
    return Number(counted?.n ?? 0)
  }

  const publish = (caller: Caller, key: string, version: number, members: number, origin: ListOrigin) =>
    pg.transaction(async (tx) => {
      await store.publishKept(tx, key, version, members, clock.now())
      await audit.record(tx, {
        ...{ actor: caller.username, action: 'list.keep', objectType: 'list', objectId: key },
        after: { version, members, ...origin },
      })
    })

  /** Takes back a list that was kept for something which then could not be made. */
  async function discard(caller: Caller, key: string): Promise<void> {
    await pg.transaction(async (tx) => {
      await store.retireList(tx, key, clock.now())
      await audit.record(tx, {
        actor: caller.username,
        action: 'list.delete',
        objectType: 'list',
        objectId: key,
      })
    })
  }

  return {
    /** Keeps whom `rows` gives (customer_id, of a shard); gives how many that are. */
    async keep(
      caller: Caller,
      scope: OrgScope,
      list: CreateList,
      rows: Sql,
      origin: ListOrigin,
    ): Promise<number> {
      const version = await begin(caller, scope, list)
      try {
        const members = await writeMembers(list.key, version, rows)
        await publish(caller, list.key, version, members, origin)
        return members
      } catch (error) {
        await store.failUpload(pg, list.key, version, clock.now())
        await discard(caller, list.key)
        throw error
      }
    },
    discard,
  }
}
