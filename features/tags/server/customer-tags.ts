import type { CustomerTag, TagHistory } from '#features/customers/common/customer-tags.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import type { FolderPaths, TagRow } from '#features/tags/server/tag-store.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A tag whose values can be read. */
export type ReadableTag = TagRow & { refresh_id: number; refreshed_at: Date }

/** Published tags with values; class C2 only when asked. */
export const readableTags = (pg: Postgres, options: { includeC2: boolean }, more = sql`true`) =>
  pg.query<ReadableTag>(sql`
    SELECT t.* FROM tag AS t
    WHERE t.state = 'active' AND t.refresh_id IS NOT NULL AND (${options.includeC2} OR t.class = 'C1') AND ${more}
    ORDER BY t.key`)

const refreshesOf = (tags: readonly ReadableTag[]): Sql =>
  joinSql(
    tags.map((tag) => sql`(${typed('String', tag.key)}, ${typed('UInt64', tag.refresh_id)})`),
    sql`, `,
  )

/** Values of many tags in one read, as rows (tag, customer_id, value, number): what changed since a refresh counts instead. */
export function rowsOfTags(tags: readonly ReadableTag[]): Sql {
  const base = sql`
    SELECT v.tag AS tag, v.customer_id AS customer_id, v.value AS value, v.number AS number FROM tag_value AS v
    WHERE (v.tag, v.refresh_id) IN (${refreshesOf(tags)})`
  const moving = tags.filter((tag) => tag.has_recent)
  if (moving.length === 0) return base
  const recent = sql`FROM tag_recent AS v FINAL WHERE (v.tag, v.refresh_id) IN (${refreshesOf(moving)})`
  return sql`
    ${base} AND (v.tag, v.customer_id) NOT IN (SELECT v.tag, v.customer_id ${recent})
    UNION ALL
    SELECT v.tag AS tag, v.customer_id AS customer_id, assumeNotNull(v.value) AS value, v.number AS number ${recent} AND isNotNull(v.value)`
}

const mostChanges = 1000

/** Rows in which a customer's value is another than the one before: two computations may have written the same. */
const changesOf = (ofTags: Sql, customerId: number): Sql => sql`
  SELECT w.tag AS tag, w.at AS at, w.value AS value, w.number AS number
  FROM (
    SELECT h.tag AS tag, h.at AS at, h.value AS value, h.number AS number,
      concat('=', h.value) AS said, lagInFrame(concat('=', h.value)) OVER past AS before, row_number() OVER past AS nth
    FROM tag_change AS h FINAL WHERE ${ofTags} AND h.customer_id = ${typed('UInt32', customerId)}
    WINDOW past AS (PARTITION BY h.tag ORDER BY h.at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
  ) AS w
  WHERE w.nth = 1 OR ifNull(w.said, '') != ifNull(w.before, '')`

/** What tags say of one customer, and since when. Whoever asks has checked that the caller may see that customer. */
export function createCustomerTags(deps: {
  pg: Postgres
  ch: ClickHouse
  folders: () => Promise<FolderPaths>
}) {
  const { pg, ch, folders } = deps

  /** Values as of now: those of the refreshes, and what changed since. */
  async function valuesOf(tags: readonly ReadableTag[], customerId: number): Promise<Map<string, string>> {
    const keysOf = (some: readonly ReadableTag[]): Sql =>
      joinSql(
        some.map(
          (tag) =>
            sql`(${typed('String', tag.key)}, ${typed('UInt64', tag.refresh_id)}, ${typed('UInt32', customerId)})`,
        ),
        sql`, `,
      )
    const moving = tags.filter((tag) => tag.has_recent)
    const [base, recent] = await Promise.all([
      ch.query<{ tag: string; value: string }>(sql`
        SELECT v.tag AS tag, v.value AS value FROM tag_value AS v
        WHERE (v.tag, v.refresh_id, v.customer_id) IN (${keysOf(tags)})`),
      moving.length === 0
        ? []
        : ch.query<{ tag: string; value: string | null }>(sql`
            SELECT v.tag AS tag, v.value AS value FROM tag_recent AS v FINAL
            WHERE (v.tag, v.refresh_id, v.customer_id) IN (${keysOf(moving)})`),
    ])
    const values = new Map(base.map((row) => [row.tag, row.value]))
    for (const { tag, value } of recent) {
      if (value === null) values.delete(tag)
      else values.set(tag, value)
    }
    return values
  }

  /** When each tag last took another value for this customer. */
  async function sinceOf(keys: readonly string[], customerId: number): Promise<Map<string, number>> {
    const rows = await ch.query<{ tag: string; ms: string }>(sql`
      SELECT c.tag AS tag, toUnixTimestamp64Milli(max(c.at)) AS ms
      FROM (${changesOf(sql`h.tag IN ${typed('Array(String)', [...keys])}`, customerId)}) AS c GROUP BY c.tag`)
    return new Map(rows.map((row) => [row.tag, Number(row.ms)]))
  }

  return {
    async list(customerId: number, options: { includeC2: boolean }): Promise<CustomerTag[]> {
      const [tags, paths] = await Promise.all([readableTags(pg, options), folders()])
      if (tags.length === 0) return []
      const values = await valuesOf(tags, customerId)
      const since =
        values.size === 0 ? new Map<string, number>() : await sinceOf([...values.keys()], customerId)
      return tags.flatMap((tag) => {
        const value = values.get(tag.key)
        if (value === undefined) return []
        const sinceMs = since.get(tag.key)
        return {
          key: tag.key,
          name: tag.name,
          type: tag.type,
          value,
          unit: tag.unit,
          class: tag.class,
          directory: [...(paths.get(tag.directory ?? '') ?? [])],
          isLifecycle: 'lifecycle' in tag.source,
          since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
          refreshedAt: tag.refreshed_at.toISOString(),
        }
      })
    },

    /** Every value a customer had of a tag, newest first; a tag the caller may not see does not exist for them. */
    async history(customerId: number, key: string, options: { includeC2: boolean }): Promise<TagHistory> {
      const [tag] = await readableTags(pg, options, sql`t.key = ${key}`)
      if (!tag) throw tagError('TAG_NOT_FOUND', { key })
      const rows = await ch.query<{ ms: string; value: string | null; number: number | null }>(sql`
        SELECT toUnixTimestamp64Milli(c.at) AS ms, c.value AS value, c.number AS number
        FROM (${changesOf(sql`h.tag = ${typed('String', key)}`, customerId)}) AS c
        ORDER BY c.at DESC LIMIT ${typed('UInt32', mostChanges + 1)}`)
      return {
        key,
        name: tag.name,
        type: tag.type,
        unit: tag.unit,
        items: rows.slice(0, mostChanges).map((row) => ({
          at: new Date(Number(row.ms)).toISOString(),
          value: row.value,
          number: row.number,
        })),
        isComplete: rows.length <= mostChanges,
      }
    },
  }
}
export type CustomerTags = ReturnType<typeof createCustomerTags>
