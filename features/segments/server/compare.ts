import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { CompareRequest, Comparison } from '#features/segments/common/segment-analysis.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import { type ComparableTag, type Groups, sizesSql } from '#features/segments/server/compare-sql.ts'
import { compareTags } from '#features/segments/server/compare-tags.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'
import type { JobContext, Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const everyone: Rule = { all: [] }
/** More rows or tags than this are a job: nobody waits for it in front of a spinner. */
const mostRowsAtOnce = 20_000_000
const mostTagsAtOnce = 2000

type TagRow = {
  key: string
  name: { zh: string; en: string }
  type: ComparableTag['type']
  class: 'C1' | 'C2'
  refresh_id: number
  has_bitmaps: boolean
  has_recent: boolean
  coverage: number | null
}
type JobInput = { request: CompareRequest; staffId: number }

/** Whether a caller may see the balances of every customer of a scope, and with them tags of class C2. */
export function maySeeBalances(caller: Caller, scope: OrgScope): boolean {
  if (!caller.permissions.has('balance.read')) return false
  const wide = caller.scopeOf('balance.read')
  if (wide.everyone) return true
  const seesUnits = scope.orgIds.every((orgId) => wide.orgIds.includes(orgId))
  return !scope.everyone && seesUnits && (scope.rmStaffId === null || wide.rmStaffId === scope.rmStaffId)
}

export type CompareDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  jobs: Pick<Jobs, 'define' | 'enqueue'>
  rules: Pick<Rules, 'memberBitmapsSql' | 'check'>
  /** The person behind a job, as they may see now. */
  findCaller: (staffId: number) => Promise<Caller | undefined>
}

const ruleOf = (side: { segment?: string | undefined; rule?: Rule | undefined }): Rule =>
  side.rule ?? { segment: side.segment ?? '' }

/** Compares the tags of two sets of customers: at once, or as a job where much must be read. */
export function createCompare(deps: CompareDeps) {
  const { pg, ch, clock, jobs, rules } = deps

  async function comparableTags(): Promise<TagRow[]> {
    return pg.query<TagRow>(sql`
      SELECT t.key, t.name, t.type, t.class, t.refresh_id, t.has_bitmaps, t.has_recent, t.coverage FROM tag AS t
      WHERE t.state = 'active' AND t.refresh_id IS NOT NULL ORDER BY t.key`)
  }

  async function groupsOf(scope: OrgScope, { one, other }: CompareRequest): Promise<Groups> {
    const first = ruleOf(one)
    const second = other === 'everyone' ? everyone : other === 'others' ? { not: first } : ruleOf(other)
    return {
      one: await rules.memberBitmapsSql(scope, first),
      other: await rules.memberBitmapsSql(scope, second),
    }
  }

  async function compare(
    caller: Caller,
    scope: OrgScope,
    request: CompareRequest,
    options: QueryOptions,
    progress: (fraction: number) => Promise<void> = async () => {},
  ): Promise<Comparison> {
    const asOf = clock.now().toISOString()
    const groups = await groupsOf(scope, request)
    const universe = await rules.memberBitmapsSql(scope, everyone)
    const rows = await ch.onEachShard((shard) =>
      shard.first<{ one_size: string; other_size: string; base: string }>(
        sizesSql(groups, universe),
        options,
      ),
    )
    const size = (name: 'one_size' | 'other_size' | 'base') =>
      rows.reduce((sum, row) => sum + Number(row?.[name] ?? 0), 0)
    const sizes: [number, number] = [size('one_size'), size('other_size')]
    const all = await comparableTags()
    const shown = maySeeBalances(caller, scope) ? all : all.filter((tag) => tag.class !== 'C2')
    const tags = shown.map(describeTag)
    const compared = await compareTags({ ch, groups, sizes, tags, options }, progress)
    return {
      ...{ sizes, base: size('base') },
      tags: compared.slice(0, request.limit),
      compared: compared.length,
      hidden: all.length - shown.length,
      ...{ asOf, exact: true },
    }
  }

  async function isLarge(): Promise<boolean> {
    const tags = await comparableTags()
    const rowsToRead = tags.reduce((sum, tag) => sum + (tag.has_bitmaps ? 0 : (tag.coverage ?? 0)), 0)
    return tags.length > mostTagsAtOnce || rowsToRead > mostRowsAtOnce
  }

  jobs.define('segment.compare', async ({ request, staffId }: JobInput, { progress }: JobContext) => {
    const caller = await deps.findCaller(staffId)
    if (!caller?.permissions.has('segment.read')) throw segmentError('SEGMENT_REQUESTER_GONE', {})
    const options = { lane: 'jobs', maxExecutionMs: 600_000 } as const
    return compare(caller, caller.scopeOf('segment.read'), request, options, progress)
  })

  return async (
    caller: Caller,
    scope: OrgScope,
    request: CompareRequest,
  ): Promise<{ comparison: Comparison } | { jobId: string }> => {
    await rules.check(ruleOf(request.one), { path: 'one.rule' })
    if (typeof request.other !== 'string') await rules.check(ruleOf(request.other), { path: 'other.rule' })
    if (!(await isLarge()))
      return { comparison: await compare(caller, scope, request, { maxExecutionMs: 60_000 }) }
    return {
      jobId: await jobs.enqueue('segment.compare', { request, staffId: caller.staffId }, caller.username),
    }
  }
}

const describeTag = (row: TagRow): ComparableTag => ({
  key: row.key,
  name: row.name,
  type: row.type,
  refreshId: row.refresh_id,
  hasBitmaps: row.has_bitmaps,
  hasRecent: row.has_recent,
})
