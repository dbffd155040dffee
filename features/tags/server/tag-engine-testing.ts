import { createAudit } from '#features/audit/server/index.ts'
import { createRules } from '#features/rules/server/index.ts'
import type { TagSource } from '#features/tags/common/tag-source.ts'
import { createTagEngine } from '#features/tags/server/tag-engine.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'
import { createJobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

export type TestTag = {
  key: string
  type: 'bool' | 'enum' | 'number' | 'date'
  source: TagSource
  streaming?: boolean
}
export type TestEvent = {
  name: string
  customerId: number
  msg: string
  at: Date
  /** As a corrected clock says. */
  occurredAt?: Date
  props: Record<string, string>
  ver?: number
  isDeleted?: boolean
}

const text = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', '')

/** The engine that computes tags, alone, on engines of its own. */
export async function openTestEngine(start: string, around?: { pg: Postgres; ch: ClickHouse }) {
  const [database, warehouse] = around
    ? [undefined, undefined]
    : await Promise.all([createTestDatabase(), openTestClickHouse()])
  const pg = around?.pg ?? database?.pg
  const ch = around?.ch ?? warehouse?.ch
  if (!pg || !ch) throw new Error('No engines')
  let now = new Date(start)
  const base = { pg, ch, clock: { now: () => now }, timeZone: 'Asia/Shanghai' }
  const jobs = createJobs({ ...base, log: () => {} })
  await jobs.migrate()
  const create = (other: { pg: Postgres; ch: ClickHouse }) => {
    const own = { ...base, ...other }
    return createTagEngine({ ...own, audit: createAudit(own), jobs, rules: createRules(own) })
  }
  const bank = {
    url: database?.url,
    ...base,
    jobs,
    create,
    engine: create({ pg, ch }),
    setNow(moment: string | Date): void {
      now = new Date(moment)
    },
    async define(...tags: TestTag[]): Promise<void> {
      await pg.execute(sql`
        INSERT INTO org_unit (org_id, code) OVERRIDING SYSTEM VALUE VALUES (1, 'HO') ON CONFLICT DO NOTHING`)
      for (const tag of tags)
        await pg.execute(sql`
          INSERT INTO tag (key, name, type, source, owner_org_id, created_by, refresh_every_minutes, is_streaming, created_at, updated_at)
          VALUES (${tag.key}, '{"zh":"标签","en":"tag"}', ${tag.type}, ${JSON.stringify(tag.source)}::jsonb, 1, 'test', 1440,
            ${tag.streaming ?? false}, ${now}::timestamptz, ${now}::timestamptz)`)
    },
    customers: (ids: readonly number[], attributes: Record<string, string> = {}, ver = 1) =>
      ch.insertRows(
        'customer',
        ids.map((id) => ({
          ...{ customer_id: id, customer_no: `C${id}`, org_id: 1, rm_staff_id: 0, state: 'active' },
          ...{ is_provisional: 0, attributes, ver },
        })),
      ),
    /** Stores events; those stored long ago are not found by when they came, only by when they happened. */
    events: (events: readonly TestEvent[], isOld = false) =>
      ch.insertRows(
        'event',
        events.map((one) => ({
          ...{ name: one.name, customer_id: one.customerId, msg: one.msg, visitor: 0, source: 'test' },
          ...{
            occurred_at: text(one.occurredAt ?? one.at),
            received_at: text(one.at),
            client_at: text(one.at),
          },
          ...{ props: one.props, ver: one.ver ?? 1, is_deleted: one.isDeleted ? 1 : 0 },
          ...(isOld ? { stored_at: '2020-01-01 00:00:00.000' } : {}),
        })),
      ),
    /** What readers see of a tag: the value by customer. */
    async values(key: string): Promise<Record<number, string>> {
      const { tagRowsSql } = await import('#features/rules/server/index.ts')
      const row = await pg.first<{ refresh_id: number; has_recent: boolean }>(
        sql`SELECT t.refresh_id, t.has_recent FROM tag AS t WHERE t.key = ${key}`,
      )
      const rows = await ch.query<{ customer_id: number; value: string }>(
        sql`SELECT r.customer_id AS customer_id, r.value AS value FROM (${tagRowsSql({
          key,
          refreshId: row?.refresh_id ?? 0,
          hasRecent: row?.has_recent ?? false,
        })}) AS r ORDER BY r.customer_id`,
      )
      return Object.fromEntries(rows.map((one) => [one.customer_id, one.value]))
    },
    /** What the history says a tag's values are. */
    async told(key: string): Promise<Record<number, string>> {
      const rows = await ch.query<{ customer_id: number; value: string }>(sql`
        SELECT c.customer_id AS customer_id, tupleElement(argMax(tuple(c.value), (c.at, c.ver)), 1) AS value
        FROM tag_change AS c FINAL WHERE c.tag = ${typed('String', key)}
        GROUP BY c.customer_id HAVING isNotNull(value) ORDER BY c.customer_id`)
      return Object.fromEntries(rows.map((one) => [one.customer_id, one.value]))
    },
    async close(): Promise<void> {
      await Promise.all([database?.drop(), warehouse?.drop()])
    },
  }
  return bank
}
export type TestEngine = Awaited<ReturnType<typeof openTestEngine>>

/** The same door until a statement is the one to die at; then nothing ever comes back, as when the process is gone. */
export function dying(
  ch: ClickHouse,
  isLast: (text: string) => boolean,
): { ch: ClickHouse; died: Promise<void> } {
  let [isDead, die] = [false, () => {}]
  const died = new Promise<void>((resolve) => {
    die = resolve
  })
  const mayGo = async (text: string) => {
    isDead = isDead || isLast(text)
    if (!isDead) return
    die()
    await new Promise(() => {})
  }
  const textOf = (fragment: Sql) => fragment.text.join('?')
  const door: ClickHouse = {
    ...ch,
    onEachShard: async (work) => [await work(door)],
    query: async (fragment, options) => mayGo(textOf(fragment)).then(() => ch.query(fragment, options)),
    first: async (fragment, options) => mayGo(textOf(fragment)).then(() => ch.first(fragment, options)),
    command: async (fragment, options) => mayGo(textOf(fragment)).then(() => ch.command(fragment, options)),
    insertRows: async (...args) => mayGo(args[0]).then(() => ch.insertRows(...args)),
  }
  return { ch: door, died }
}
