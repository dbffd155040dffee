import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type {
  ChangeSegment,
  CreateSegment,
  Segment,
  SegmentQuery,
} from '#features/segments/common/segment.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import { createCompare } from '#features/segments/server/compare.ts'
import { createOverlap } from '#features/segments/server/overlap.ts'
import { createSegmentRefresh } from '#features/segments/server/refresh-segment.ts'
import * as store from '#features/segments/server/segment-store.ts'
import { createWhy } from '#features/segments/server/why.ts'
import type { TagUse } from '#features/tags/common/tag.ts'
import type { Tags, UsesOf } from '#features/tags/server/index.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { PageQuery } from '#platform/common/http.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import { decodeCursor, encodeCursor } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type SegmentDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
  rules: Rules
  tags: Pick<Tags, 'addUses' | 'usesOf'>
  customers: Pick<Customers, 'names' | 'getByNo'>
  /** The person behind a job, as they may see now. */
  findCaller: (staffId: number) => Promise<Caller | undefined>
}
export type Segments = ReturnType<typeof createSegments>

/** Segments: rules with a name, counted live in the caller's scope, with their members and why one is in. */
export function createSegments(deps: SegmentDeps) {
  const { pg, clock, audit, jobs, rules, tags, customers } = deps
  const refreshing = createSegmentRefresh(deps)
  const { refresh } = refreshing
  const users: UsesOf[] = [tags.usesOf]
  jobs.define('segment.refresh', ({ key }: { key: string }) => refresh(key))
  const usesOf: UsesOf = async (kind, key) =>
    (await store.listSegmentsUsing(pg, kind, key)).map((row) => ({ type: 'segment', ...row }))
  tags.addUses(usesOf)

  const enqueue = (key: string, by: string, tx?: PgRunner): Promise<string> =>
    jobs.enqueue('segment.refresh', { key }, by, { key: `segment:${key}`, ...(tx ? { tx } : {}) })

  async function get(key: string): Promise<store.SegmentRow> {
    const row = await store.findSegment(pg, key)
    if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
    return row
  }

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    after?: store.SegmentRow,
    before?: store.SegmentRow,
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'segment',
      objectId: (after ?? before)?.key ?? '',
      before: before && store.definitionOf(before),
      after: after && store.definitionOf(after),
    })

  async function create(caller: Caller, scope: OrgScope, input: CreateSegment): Promise<Segment> {
    return pg.transaction(async (tx) => {
      await rules.check(input.rule, { self: input.key }, tx)
      const row = await store.insertSegment(tx, input, caller, clock.now())
      if (!row) {
        throw segmentError('SEGMENT_KEY_TAKEN', { key: input.key }, [
          { path: 'key', code: 'SEGMENT_KEY_TAKEN', message: 'is taken' },
        ])
      }
      await store.insertVersion(tx, row, caller.username, clock.now())
      await record(tx, caller, 'segment.create', row)
      await enqueue(row.key, caller.username, tx)
      return store.describeSegment(scope, row)
    })
  }

  /** Locks a segment that the caller may change. */
  async function lockOwn(tx: PgRunner, scope: OrgScope, key: string): Promise<store.SegmentRow> {
    const row = await store.lockSegment(tx, key)
    if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
    if (!scope.everyone && !scope.orgIds.includes(row.owner_org_id))
      throw segmentError('SEGMENT_NOT_YOURS', { key })
    return row
  }

  async function change(
    caller: Caller,
    scope: OrgScope,
    key: string,
    input: ChangeSegment,
  ): Promise<Segment> {
    return pg.transaction(async (tx) => {
      const before = await lockOwn(tx, scope, key)
      await rules.check(input.rule, { self: key }, tx)
      const areMembersKept = isDeepStrictEqual(before.rule, input.rule)
      const row = await store.updateSegment(tx, key, input, areMembersKept, clock.now())
      if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
      await store.insertVersion(tx, row, caller.username, clock.now())
      await record(tx, caller, 'segment.change', row, before)
      const isNewlyStreamed = row.refresh_mode === 'streaming' && before.refresh_mode !== 'streaming'
      if (!areMembersKept || isNewlyStreamed) await enqueue(key, caller.username, tx)
      return store.describeSegment(scope, row)
    })
  }

  async function uses(key: string): Promise<TagUse[]> {
    const found = await Promise.all([usesOf, ...users].map((one) => one('segment', key)))
    return found.flat()
  }

  async function remove(caller: Caller, scope: OrgScope, key: string): Promise<void> {
    const found = await uses(key)
    await pg.transaction(async (tx) => {
      const before = await lockOwn(tx, scope, key)
      if (found.length > 0) {
        throw segmentError('SEGMENT_IN_USE', {
          key,
          uses: found.map((use) => `${use.type} ${use.key}`).join(', '),
        })
      }
      await store.retireSegment(tx, key, clock.now())
      await record(tx, caller, 'segment.delete', undefined, before)
    })
  }

  async function members(scope: OrgScope, key: string, { limit, cursor }: z.output<typeof PageQuery>) {
    const row = await get(key)
    const after = Number(decodeCursor(cursor, 1)?.[0] ?? 0)
    const ids = await rules.members(scope, row.rule, { after, limit: limit + 1 })
    const page = ids.slice(0, limit)
    const names = await customers.names(scope, page)
    const last = page.at(-1)
    return {
      items: page.flatMap((id) => names.get(id) ?? []),
      nextCursor: ids.length > limit && last !== undefined ? encodeCursor([last]) : null,
    }
  }

  return {
    create,
    change,
    remove,
    uses,
    members,
    refresh,
    refreshDue: refreshing.refreshDue,
    /** Streaming says here what it does for refreshes. */
    streamWith: refreshing.streamWith,
    usesOf,
    get: async (scope: OrgScope, key: string): Promise<Segment> =>
      store.describeSegment(scope, await get(key)),
    list: (scope: OrgScope, query: z.output<typeof SegmentQuery>) => store.listSegments(pg, scope, query),
    async versions(key: string) {
      await get(key)
      return store.listVersions(pg, key)
    },
    /** Counts, exactly, the customers in scope for whom a rule holds now. */
    async estimate(scope: OrgScope, rule: Rule, withBranches = false) {
      const [{ count, base, asOf }, branches] = await Promise.all([
        rules.count(scope, rule),
        withBranches ? rules.branches(scope, rule) : undefined,
      ])
      const exact = true as const
      return { count, base, asOf: asOf.toISOString(), exact, ...(branches ? { branches } : {}) }
    },
    overlap: createOverlap(deps),
    compare: createCompare(deps),
    /** Puts a refresh in the queue; gives the job. */
    async enqueueRefresh(caller: Caller, key: string): Promise<string> {
      await get(key)
      return enqueue(key, caller.username)
    },
    why: createWhy(deps),
    /** Another feature says here what of its own uses a segment. */
    addUses(one: UsesOf): void {
      users.push(one)
    },
  }
}
