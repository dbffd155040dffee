import { dateIn, spanOf } from '#features/rules/common/bank-time.ts'
import type { Within } from '#features/rules/common/rule.ts'
import { kindOf } from '#features/tags/server/tag-kinds.ts'
import { computing, type EngineRow, writeOnEachShard } from '#features/tags/server/tag-work.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type Source = EngineRow['source']
type Pair = { event: string; within: Within | undefined }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Everything inside a source, itself included. */
function* partsOf(value: unknown): Generator<Record<string, unknown>> {
  const waiting = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!isObject(next)) continue
    if (!Array.isArray(next)) yield next
    waiting.push(...Object.values(next))
  }
}

/** Leaves of which no touch tells: what was before a moment, whose unit lies where, who is on a list. */
const untold = ['at', 'sequence', 'first', 'list', 'org'] as const

/** Whether the customers whose value may have changed can be told from what was stored and from how windows moved. */
export function allowsIncremental(source: Source): boolean {
  const { dependsOnOthers, segments, reads } = kindOf(source).inputs(source)
  if (dependsOnOthers || segments.length > 0 || reads.includes('list')) return false
  if ('rule' in source || 'cases' in source)
    for (const part of partsOf(source)) if (untold.some((key) => Object.hasOwn(part, key))) return false
  const kinds = ['event', 'attribute', 'rule', 'bands', 'cases', 'balance', 'holding']
  return kinds.some((kind) => Object.hasOwn(source, kind))
}

/** Which events with which windows a source looks at. */
function windowsOf(source: Source): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const part of partsOf(source)) {
    const event = part.event ?? part.did
    if (typeof event !== 'string') continue
    const pair = { event, within: part.within as Within | undefined }
    pairs.set(JSON.stringify(pair), pair)
  }
  return [...pairs.values()]
}

/** Whether what a source looks at besides events moved on with the calendar: then everybody is looked at again. */
export function hasCalendarMoved(source: Source, from: Date, to: Date, timeZone: string): boolean {
  const isDated = 'balance' in source || 'holding' in source || ('agg' in source && source.agg === 'streak')
  if (!isDated) return false
  return dateIn(from.getTime(), timeZone) !== dateIn(to.getTime(), timeZone)
}

const instant = (ms: number): Sql => {
  const bounded = Math.min(Math.max(ms, Date.UTC(1900, 0, 1)), Date.UTC(2299, 11, 31))
  return sql`fromUnixTimestamp64Milli(${typed('Int64', bounded)}, 'UTC')`
}

/** What left or entered a window as it moved: between its starts and between its ends. */
function crossed({ event, within }: Pair, from: Date, to: Date, timeZone: string): Sql[] {
  const [before, now] = [spanOf(within, from, timeZone), spanOf(within, to, timeZone)]
  const edges: [number, number][] = [
    [before.fromMs, now.fromMs],
    [before.toMs, now.toMs],
  ]
  return edges
    .filter(([one, other]) => one !== other)
    .map(([one, other]) => {
      const [least, most] = [instant(Math.min(one, other)), instant(Math.max(one, other))]
      return sql`
        SELECT e.customer_id AS customer_id FROM event AS e
        WHERE e.name = ${typed('String', event)} AND e.occurred_at >= ${least} AND e.occurred_at < ${most}`
    })
}

const stored = (table: Sql, since: Date): Sql => sql`
  SELECT s.customer_id AS customer_id FROM ${table} AS s
  WHERE s.stored_at >= ${typed("DateTime64(3, 'UTC')", since)}`

/** Tables a customer's rows of which may have changed, by what a kind reads. */
const tables = { balance: sql`balance`, holding: sql`holding` } as const

export type Since = { storedThrough: Date; computedAt: Date }
type SinceOfAll = Since & { changedFrom: ReadonlyMap<string, Date> }

function ofOne(row: EngineRow, since: SinceOfAll, now: Date, timeZone: string): Map<string, Sql> {
  const found = new Map<string, Sql>()
  const add = (part: Sql) => found.set(JSON.stringify([part.text, part.values]), part)
  const inputs = kindOf(row.source).inputs(row.source)
  const at = typed("DateTime64(3, 'UTC')", since.storedThrough)
  for (const event of inputs.events)
    add(sql`
      SELECT e.customer_id AS customer_id FROM event AS e
      WHERE e.name = ${typed('String', event)} AND e.stored_at >= ${at}`)
  for (const pair of windowsOf(row.source))
    for (const part of crossed(pair, since.computedAt, now, timeZone)) add(part)
  for (const table of inputs.reads)
    if (table in tables) add(stored(tables[table as keyof typeof tables], since.storedThrough))
  for (const [tag, from] of since.changedFrom)
    if (inputs.tags.includes(tag))
      add(sql`
        SELECT c.customer_id AS customer_id FROM tag_change AS c
        WHERE c.tag = ${typed('String', tag)} AND c.at >= ${typed("DateTime64(3, 'UTC')", from)}`)
  // New customers, changed attributes.
  add(stored(sql`customer`, since.storedThrough))
  return found
}

/** A customer who was merged into another keeps no values. */
const gone = (rows: readonly EngineRow[]): Sql => {
  const pairs = joinSql(
    rows.map((row) => sql`(${typed('String', row.key)}, ${typed('UInt64', row.refresh_id)})`),
    sql`, `,
  )
  return sql`
    SELECT v.customer_id AS customer_id FROM tag_value AS v
    WHERE (v.tag, v.refresh_id) IN (${pairs}) AND v.customer_id NOT IN (SELECT c.customer_id FROM customer AS c)`
}

/** Whether a kind's values are of customers in the customer table, not of whoever has events. */
const readsCustomers = ({ source }: EngineRow): boolean => !('event' in source)

/** Changes may be written this long after the moment they are told under. */
const writtenLateMs = 900_000

/** From when on changes of the tags used count: what was shown since may be told under an earlier moment. */
async function readChangedFrom(
  pg: PgRunner,
  rows: readonly EngineRow[],
  computedAt: Date,
): Promise<Map<string, Date>> {
  const used = [...new Set(rows.flatMap(({ source }) => kindOf(source).inputs(source).tags))]
  const found = used.length
    ? await pg.query<{ key: string; published_at: Date | null; published_from: Date | null }>(sql`
        SELECT t.key, t.published_at, t.published_from FROM tag AS t WHERE t.key = ANY(${used}::text[])`)
    : []
  const least = computedAt.getTime() - writtenLateMs
  return new Map(
    found.map((row) => {
      const isLater = (row.published_at?.getTime() ?? 0) >= least
      const from = isLater ? Math.min(least, row.published_from?.getTime() ?? least) : least
      return [row.key, new Date(from)]
    }),
  )
}

/** Writes the customers whose values may have changed since; gives how many. */
export async function writeTouched(
  deps: { pg: PgRunner; ch: ClickHouse; timeZone: string },
  rows: readonly EngineRow[],
  { workId, since, now }: { workId: number; since: Since; now: Date },
): Promise<number> {
  const changedFrom = await readChangedFrom(deps.pg, rows, since.computedAt)
  const all = { ...since, changedFrom }
  const parts = new Map(rows.flatMap((row) => [...ofOne(row, all, now, deps.timeZone)]))
  const readers = rows.filter(readsCustomers)
  if (readers.length > 0) parts.set('gone', gone(readers))
  const union = joinSql([...parts.values()], sql` UNION DISTINCT `)
  await writeOnEachShard(
    deps.ch,
    sql`
    INSERT INTO tag_touched (work_id, customer_id)
    SELECT ${typed('UInt64', workId)}, t.customer_id FROM (${union}) AS t WHERE t.customer_id != 0`,
  )
  const counted = await deps.ch.first<{ touched: string }>(
    sql`SELECT uniqExact(t.customer_id) AS touched FROM tag_touched AS t WHERE t.work_id = ${typed('UInt64', workId)}`,
    computing,
  )
  return Number(counted?.touched ?? 0)
}

/** Rows (customer_id) of those, to put behind IN. */
export const touchedSql = (workId: number): Sql =>
  sql`SELECT t.customer_id AS customer_id FROM tag_touched AS t WHERE t.work_id = ${typed('UInt64', workId)}`
