import { diffSql } from '#features/tags/server/tag-diff.ts'
import { inputsOf, kindOf, type TagInputs } from '#features/tags/server/tag-kinds.ts'
import { levelsOf } from '#features/tags/server/tag-run-plan.ts'
import { type EngineRow, lockValues, nextId, pairsOf } from '#features/tags/server/tag-work.ts'
import type { UpdateDeps } from '#features/tags/server/update-tags.ts'
import { itemsOf } from '#features/tags/server/write-values.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type Found = {
  tag: string
  customer_id: number
  value: string | null
  number: number | null
  had_value: number
  differs: number
}

/** A query of this many customers is still one look at an index. */
const mostAtOnce = 20_000

/** A streaming tag and what it is made of. */
type Streaming = EngineRow & { inputs: TagInputs }

/** Ranks among all customers can't be told from a few of them: such tags wait for their refresh. */
async function streamingTags(tx: PgRunner): Promise<Streaming[]> {
  const rows = await tx.query<EngineRow>(sql`
    SELECT t.* FROM tag AS t
    WHERE t.is_streaming AND t.state = 'active' AND t.refresh_id IS NOT NULL ORDER BY t.key`)
  const known: Streaming[] = []
  for (const row of rows) known.push({ ...row, inputs: await inputsOf(row.source, { pg: tx }) })
  return known.filter(({ inputs }) => !inputs.dependsOnOthers)
}

/** Streaming tags in levels: those of a level need only tags of the levels before. */
function inLevels(rows: readonly Streaming[]): Streaming[][] {
  const { levels } = levelsOf(new Map(rows.map((row) => [row.key, row.inputs.tags])))
  const sorted: Streaming[][] = []
  for (const row of rows) {
    const level = levels.get(row.key)
    if (level === undefined) continue
    sorted[level] = [...(sorted[level] ?? []), row]
  }
  return sorted
}

const byGroup = (rows: readonly EngineRow[]): EngineRow[][] => {
  const groups = new Map<string, EngineRow[]>()
  for (const row of rows) {
    const group = kindOf(row.source).group(row.source)
    groups.set(group, [...(groups.get(group) ?? []), row])
  }
  return [...groups.values()]
}

/** Updates streaming tags of a few customers at once, as soon as their events are stored. */
export function createCustomerUpdater(deps: UpdateDeps) {
  const { pg, ch, clock } = deps
  let last: Promise<unknown> = Promise.resolve()

  /** New values of tags that share a scan, of these customers; all of them where a computation is under way. */
  async function find(rows: readonly EngineRow[], among: Sql, now: Date): Promise<Found[]> {
    const works = rows.map((row) => ({ row, refreshId: row.refresh_id ?? 0 }))
    const isPending = (row: EngineRow) => row.pending_refresh_id !== null || row.pending_changes !== null
    const pending = rows.filter(isPending).map(({ key }) => key)
    const hasRecent = rows.some((row) => row.has_recent)
    const items = await itemsOf(deps, works, now, among)
    const diff = diffSql({ items, pairs: pairsOf(works), hasRecent, among }, pending)
    const found = await ch.onEachShard((shard) =>
      shard.query<Found>(
        sql`SELECT c.tag AS tag, c.customer_id AS customer_id, c.value AS value, c.number AS number,
            c.had_value AS had_value, c.differs AS differs
          FROM (${diff}) AS c WHERE c.differs OR c.tag IN ${typed('Array(String)', pending)}`,
        { lane: 'load' },
      ),
    )
    return found.flat()
  }

  /** Writes history first: what readers see is always told of there. */
  async function write(tx: PgRunner, rows: readonly EngineRow[], found: readonly Found[], at: Date) {
    const ver = await nextId(tx)
    const moment = at.toISOString().replace('T', ' ').replace('Z', '')
    const rowOf = new Map(rows.map((row) => [row.key, row]))
    const differ = found.filter((one) => one.differs || rowOf.get(one.tag)?.pending_changes != null)
    await insert(
      'tag_change',
      differ.map(({ tag, customer_id, value, number }) => ({
        tag,
        customer_id,
        at: moment,
        value,
        number,
        ver,
      })),
    )
    const gained = new Map(rows.map((row) => [row.key, 0]))
    for (const { tag, differs, value, had_value } of found)
      if (differs) gained.set(tag, (gained.get(tag) ?? 0) + (value === null ? 0 : 1) - had_value)
    await tx.execute(sql`
      UPDATE tag AS t SET has_recent = true, pending_has_recent = t.pending_refresh_id IS NOT NULL,
        coverage = coalesce(t.coverage, 0) + g.gained
      FROM unnest(${[...gained.keys()]}::text[], ${[...gained.values()]}::bigint[]) AS g(key, gained) WHERE t.key = g.key`)
    const recent = found.flatMap(({ tag, customer_id, value, number }) => {
      const row = rowOf.get(tag)
      const refreshes = [row?.refresh_id, row?.pending_refresh_id].filter((id) => typeof id === 'number')
      return refreshes.map((refresh_id) => ({ tag, refresh_id, customer_id, value, number, at: moment, ver }))
    })
    await insert('tag_recent', recent)
  }

  const insert = (table: string, rows: readonly object[]) => ch.insertRows(table, rows, { lane: 'load' })

  async function update(tx: PgRunner, among: Sql, names: ReadonlySet<string> | undefined): Promise<string[]> {
    await lockValues(tx)
    const now = clock.now()
    const changed = new Set<string>()
    for (const level of inLevels(await streamingTags(tx))) {
      const affected = (level ?? []).filter(({ inputs }) => {
        return (
          !names ||
          inputs.events.some((name) => names.has(name)) ||
          inputs.tags.some((tag) => changed.has(tag))
        )
      })
      for (const rows of byGroup(affected)) {
        const found = await find(rows, among, now)
        if (found.length === 0) continue
        const told = new Set(found.map((one) => one.tag))
        await write(
          tx,
          rows.filter((row) => told.has(row.key)),
          found,
          now,
        )
        for (const one of found) if (one.differs) changed.add(one.tag)
      }
    }
    return [...changed].sort()
  }

  /**
   * Computes streaming tags of these customers anew and writes what changed; gives the keys of tags of which some value
   * did. With event names only tags about those, and what is computed from them, else all. Calls wait for each other,
   * over all processes: each sees what the one before wrote.
   */
  return async function updateCustomers(
    customerIds: readonly number[],
    eventNames: readonly string[] | 'all',
  ): Promise<{ tags: string[] }> {
    const names = eventNames === 'all' ? undefined : new Set(eventNames)
    const work = async () => {
      const changed = new Set<string>()
      for (let from = 0; from < customerIds.length; from += mostAtOnce) {
        const ids = customerIds.slice(from, from + mostAtOnce)
        const among = sql`SELECT arrayJoin(${typed('Array(UInt32)', ids)}) AS customer_id`
        for (const key of await pg.transaction((tx) => update(tx, among, names))) changed.add(key)
      }
      return { tags: [...changed].sort() }
    }
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}
