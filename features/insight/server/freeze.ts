import type { Audit } from '#features/audit/server/index.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import type { FreezeCustomers } from '#features/insight/server/insight-service.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Keeps the customers behind a number as a list: members first, then the list that names their version. */
export function createFreeze(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
}): FreezeCustomers {
  const { pg, ch, clock, audit } = deps
  return async (caller, { key, name, description }, rows) => {
    const before = await pg.first<{ version: number; state: string }>(
      sql`SELECT l.version, l.state FROM customer_list AS l WHERE l.key = ${key}`,
    )
    if (before?.state === 'active') throw insightError('INSIGHT_LIST_KEY_TAKEN', { key })
    const version = (before?.version ?? 0) + 1
    const insert = sql`
      INSERT INTO list_member (list, version, customer_id, value)
      SELECT DISTINCT ${typed('String', key)}, ${typed('UInt32', version)}, c.customer_id, '' FROM (${rows}) AS c`
    await ch.onEachShard((shard) => shard.command(insert, { lane: 'jobs' }), { writes: true })
    const counted = await ch.first<{ n: string }>(sql`
      SELECT uniqExact(m.customer_id) AS n FROM list_member AS m
      WHERE m.list = ${typed('String', key)} AND m.version = ${typed('UInt32', version)}`)
    const count = Number(counted?.n ?? 0)
    const publish = (tx: PgRunner) =>
      tx.first(sql`
        INSERT INTO customer_list AS l (key, name, description, version, member_count, owner_org_id, created_by, created_at, updated_at)
        VALUES (${key}, ${name}, ${description}, ${version}, ${count}, ${caller.homeOrgId}, ${caller.username},
          ${clock.now()}::timestamptz, ${clock.now()}::timestamptz)
        ON CONFLICT (key) DO UPDATE SET name = excluded.name, description = excluded.description, state = 'active',
          version = excluded.version, member_count = excluded.member_count, owner_org_id = excluded.owner_org_id,
          created_by = excluded.created_by, updated_at = excluded.updated_at
          WHERE l.state = 'retired' AND l.version < excluded.version
        RETURNING l.key`)
    await pg.transaction(async (tx) => {
      if (!(await publish(tx))) throw insightError('INSIGHT_LIST_KEY_TAKEN', { key })
      await audit.record(tx, {
        ...{ actor: caller.username, action: 'list.keep', objectType: 'list', objectId: key },
        after: { name, version, memberCount: count },
      })
    })
    return count
  }
}
