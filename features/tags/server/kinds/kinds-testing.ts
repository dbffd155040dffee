import { createRules } from '#features/rules/server/index.ts'
import type { TagSource, TagType } from '#features/tags/common/tag-source.ts'
import { kindOf } from '#features/tags/server/tag-kinds.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

/** Engines of their own with nothing in them, where kinds can be asked for values at any time and in any zone. */
export async function openTestKinds(start: { now: Date; timeZone: string }) {
  const [database, warehouse] = await Promise.all([createTestDatabase(), openTestClickHouse()])
  const { pg } = database
  const { ch } = warehouse
  await pg.execute(sql`
    WITH unit AS (INSERT INTO org_unit (code) VALUES ('HO') RETURNING org_id)
    INSERT INTO org_unit_version (org_id, name, kind, parent_id, path, valid_from) VALUES
      (1, '总行', 'head_office', NULL, ARRAY[1], DATE '2000-01-01')`)
  let { now, timeZone } = start
  const rulesIn = () => createRules({ pg, ch, clock: { now: () => now }, timeZone })
  let refreshId = 0
  const context = (among?: Sql) => ({
    pg,
    ch,
    rules: rulesIn(),
    time: { now, timeZone },
    ...(among ? { among } : {}),
  })
  return {
    pg,
    ch,
    context,
    setTime(to: { now: Date; timeZone: string }): void {
      ;({ now, timeZone } = to)
    },
    /** Values by customer of one tag that exists nowhere. */
    async values(source: TagSource, type: TagType, options: { key?: string; among?: Sql } = {}) {
      const tag = { key: options.key ?? 'probe', type, refreshId: 1, source }
      const items = await kindOf(source).items([tag], context(options.among))
      const rows = await ch.query<{ customer_id: number; value: string }>(sql`
        SELECT i.customer_id AS customer_id, tupleElement(i.item, 5) AS value FROM (${items}) AS i
        WHERE isNotNull(value) ORDER BY customer_id`)
      return rows.map(({ customer_id, value }): [number, string] => [customer_id, value])
    },
    async addCustomers(ids: readonly number[]): Promise<void> {
      await ch.insertRows(
        'customer',
        ids.map((id) => ({
          customer_id: id,
          customer_no: `K${id}`,
          org_id: 1,
          rm_staff_id: 0,
          state: 'active',
          is_provisional: 0,
          attributes: {},
          ver: 1,
        })),
      )
    },
    /** A tag with these values, as if it had been computed. */
    async addTag(key: string, type: TagType, values: readonly (readonly [number, string])[]): Promise<void> {
      refreshId += 1
      const own = refreshId
      await pg.execute(sql`
        INSERT INTO tag (key, name, type, source, class, description, owner_org_id, created_by, refresh_id, created_at, updated_at)
        VALUES (${key}, '{"zh":"t","en":"t"}'::jsonb, ${type}, '{"attribute":"x"}'::jsonb, 'C1', '', 1, 'test', ${own}, now(), now())
        ON CONFLICT (key) DO UPDATE SET refresh_id = excluded.refresh_id`)
      await ch.insertRows(
        'tag_value',
        values.map(([customer_id, value]) => ({
          tag: key,
          refresh_id: own,
          customer_id,
          value,
          number: type === 'number' ? Number(value) : null,
        })),
      )
    },
    ids: (ids: readonly number[]): Sql =>
      sql`SELECT arrayJoin(${typed('Array(UInt32)', ids)}) AS customer_id`,
    async close(): Promise<void> {
      await Promise.all([database.drop(), warehouse.drop()])
    },
  }
}
