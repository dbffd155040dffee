import { ruleKeys } from '#features/rules/common/walk-rule.ts'
import type { TagRefresher } from '#features/tags/server/refresh-tags.ts'
import type { TagRow } from '#features/tags/server/tag-store.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Tags one scan computes at most: measured to stay well inside memory. */
const mostTogether = 100
/** A reader that found an older refresh is long done by then. */
const keepOldMinutes = 30

/** Tags in groups that share a scan: attributes, each event, then rules, those that use others after them. */
export function groupTags(rows: readonly TagRow[]): TagRow[][] {
  const groups = new Map<string, TagRow[]>()
  const rules = new Map<string, TagRow>()
  for (const row of rows) {
    if ('rule' in row.source) {
      rules.set(row.key, row)
      continue
    }
    const group = 'event' in row.source ? `event:${row.source.event}` : 'attribute'
    groups.set(group, [...(groups.get(group) ?? []), row])
  }
  const shared = [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / mostTogether) }, (_, index) =>
      group.slice(index * mostTogether, (index + 1) * mostTogether),
    ),
  )
  return [...shared, ...inOrder(rules).map((row) => [row])]
}

function inOrder(rules: ReadonlyMap<string, TagRow>): TagRow[] {
  const done = new Set<string>()
  const order: TagRow[] = []
  const visit = (row: TagRow) => {
    if (done.has(row.key)) return
    done.add(row.key)
    const used = 'rule' in row.source ? ruleKeys(row.source.rule).tags : []
    for (const key of used) {
      const before = rules.get(key)
      if (before) visit(before)
    }
    order.push(row)
  }
  for (const row of rules.values()) visit(row)
  return order
}

/** Scheduled work: refreshing what is due, and removing the values of refreshes nobody reads any more. */
export function createDueTags(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; refresher: TagRefresher }) {
  const { pg, ch, clock, refresher } = deps

  /** Computes one group; where that fails, each of it alone, so that one bad tag stops no other. */
  async function refreshGroup(group: readonly TagRow[]): Promise<string[]> {
    try {
      await refresher.refreshTogether(group)
      return []
    } catch {
      if (group.length === 1) return group.map((row) => row.key)
      const failed: string[] = []
      for (const row of group) failed.push(...(await refreshGroup([row])))
      return failed
    }
  }

  return {
    async refreshDue(): Promise<{ refreshed: number; failed: string[] }> {
      const rows = await pg.query<TagRow>(sql`
        SELECT t.* FROM tag AS t
        WHERE t.state = 'active' AND t.refresh_every_minutes IS NOT NULL
          AND (t.last_attempt_at IS NULL
            OR t.last_attempt_at + make_interval(mins => t.refresh_every_minutes) <= ${clock.now()}::timestamptz)
        ORDER BY t.key`)
      const failed: string[] = []
      for (const group of groupTags(rows)) failed.push(...(await refreshGroup(group)))
      return { refreshed: rows.length - failed.length, failed }
    },

    /** Removes what was replaced a while ago, and everything of tags that are gone. */
    async clean(): Promise<{ tags: number }> {
      const before = new Date(clock.now().getTime() - keepOldMinutes * 60_000)
      const current = await pg.query<{ key: string; refresh_id: number }>(sql`
        SELECT t.key, CASE WHEN t.state = 'active' THEN t.refresh_id ELSE (SELECT last_value + 1 FROM refresh_id) END AS refresh_id
        FROM tag AS t
        WHERE (t.state = 'active' AND t.refresh_id IS NOT NULL AND t.refreshed_at < ${before}::timestamptz)
          OR (t.state = 'retired' AND t.updated_at < ${before}::timestamptz)`)
      const stale: typeof current = []
      for (const row of current) {
        const found = await ch.first<{ old: string }>(
          sql`SELECT count() AS old FROM tag_value AS v
            WHERE v.tag = ${typed('String', row.key)} AND v.refresh_id < ${typed('UInt64', row.refresh_id)}`,
          { lane: 'jobs' },
        )
        if (Number(found?.old ?? 0) > 0) stale.push(row)
      }
      if (stale.length > 0) await remove(stale)
      return { tags: stale.length }
    },
  }

  async function remove(stale: readonly { key: string; refresh_id: number }[]): Promise<void> {
    const keys = typed(
      'Array(String)',
      stale.map((row) => row.key),
    )
    const floors = typed(
      'Array(UInt64)',
      stale.map((row) => row.refresh_id),
    )
    const isOld = sql`tag IN ${keys} AND refresh_id < arrayElement(${floors}, indexOf(${keys}, tag))`
    const options = { lane: 'jobs', settings: { mutations_sync: 1 } } as const
    await ch.command(sql`ALTER TABLE tag_value DELETE WHERE ${isOld}`, options)
    await ch.command(sql`ALTER TABLE tag_bitmap DELETE WHERE ${isOld}`, options)
  }
}
