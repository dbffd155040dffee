import type { Audit } from '#features/audit/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import type {
  ChangeSnapshot,
  CreateSnapshot,
  Difference,
  DifferenceQuery,
  Snapshot,
  Trend,
} from '#features/segments/common/segment-snapshot.ts'
import {
  countOf,
  countParts,
  freezeMembers,
  frozenBitmapsSql,
  idsOf,
  partSql,
  thawMembers,
} from '#features/segments/server/member-bitmaps.ts'
import { findSegment } from '#features/segments/server/segment-store.ts'
import * as store from '#features/segments/server/snapshot-store.ts'
import { type Caller, type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import { decodeCursor, encodeCursor } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

const everyone: Rule = { all: [] }

export type SnapshotDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'enqueue'>
  rules: Pick<Rules, 'memberBitmapsSql'>
  customers: Pick<Customers, 'names'>
}
export type SegmentSnapshots = ReturnType<typeof createSnapshots>

/** Frozen memberships with a name: their trend, their differences, and lists made of them. */
export function createSnapshots(deps: SnapshotDeps) {
  const { pg, ch, clock, audit, jobs, rules, customers } = deps

  async function get(runner: PgRunner, snapshotId: number): Promise<store.SnapshotRow> {
    const row = await store.findSnapshot(runner, snapshotId)
    if (!row) throw segmentError('SNAPSHOT_NOT_FOUND', { snapshotId })
    return row
  }

  async function ready(snapshotId: number): Promise<store.SnapshotRow & { taken_at: Date }> {
    const row = await get(pg, snapshotId)
    if (row.state !== 'ready' || !row.taken_at)
      throw segmentError('SNAPSHOT_NOT_READY', { snapshotId, state: row.state })
    return { ...row, taken_at: row.taken_at }
  }

  const record = (tx: PgRunner, caller: Caller, action: string, row: store.SnapshotRow, after: unknown) =>
    audit.record(tx, {
      actor: caller.username,
      action: `segment.snapshot.${action}`,
      objectType: 'segment',
      objectId: row.segment,
      after,
    })

  jobs.define('segment.snapshot', async ({ snapshotId }: { snapshotId: number }) => {
    const row = await get(pg, snapshotId)
    if (row.state !== 'building') return { snapshotId, count: row.member_count }
    try {
      const takenAt = clock.now()
      const bitmaps = await rules.memberBitmapsSql(scopeOfEveryone, row.rule)
      const count = await freezeMembers(ch, snapshotId, bitmaps)
      await store.finishSnapshot(pg, snapshotId, count, takenAt)
      return { snapshotId, count }
    } catch (error) {
      await store.setSnapshotState(pg, snapshotId, 'failed')
      throw error
    }
  })

  /** What of a frozen membership lies in a scope. */
  async function inScope(scope: OrgScope, snapshotId: number): Promise<Sql> {
    const frozen = frozenBitmapsSql(snapshotId)
    return scope.everyone ? frozen : partSql('stayed', frozen, await rules.memberBitmapsSql(scope, everyone))
  }

  async function describe(scope: OrgScope, row: store.SnapshotRow): Promise<Snapshot> {
    const counted = scope.everyone
      ? row.member_count
      : row.state === 'ready'
        ? await countOf(ch, await inScope(scope, row.snapshot_id))
        : null
    return store.describeSnapshot(row, row.state === 'ready' ? counted : null)
  }

  async function lockOwn(tx: PgRunner, scope: OrgScope, snapshotId: number): Promise<store.SnapshotRow> {
    const row = await store.lockSnapshot(tx, snapshotId)
    if (!row) throw segmentError('SNAPSHOT_NOT_FOUND', { snapshotId })
    if (!scope.everyone && !scope.orgIds.includes(row.owner_org_id))
      throw segmentError('SEGMENT_NOT_YOURS', { key: row.segment })
    return row
  }

  async function list(scope: OrgScope, key: string): Promise<Snapshot[]> {
    const rows = await store.listSnapshots(pg, key)
    return Promise.all(rows.map((row) => describe(scope, row)))
  }

  return {
    /** Freezes who is in a segment now; the work is a job. */
    async create(caller: Caller, key: string, input: CreateSnapshot) {
      const segment = await findSegment(pg, key)
      if (!segment) throw segmentError('SEGMENT_NOT_FOUND', { key })
      return pg.transaction(async (tx) => {
        const row = await store.insertSnapshot(tx, segment, input, caller, clock.now())
        await record(tx, caller, 'create', row, { snapshotId: row.snapshot_id, name: row.name })
        const work = { snapshotId: row.snapshot_id }
        const jobId = await jobs.enqueue('segment.snapshot', work, caller.username, { tx })
        return { snapshotId: row.snapshot_id, jobId }
      })
    },
    list,
    async change(
      caller: Caller,
      scope: OrgScope,
      snapshotId: number,
      input: ChangeSnapshot,
    ): Promise<Snapshot> {
      const row = await pg.transaction(async (tx) => {
        const before = await lockOwn(tx, scope, snapshotId)
        const after = await store.updateSnapshot(tx, snapshotId, input)
        await record(tx, caller, 'change', before, { snapshotId, ...input })
        return after
      })
      return describe(scope, row)
    },
    async remove(caller: Caller, scope: OrgScope, snapshotId: number): Promise<void> {
      await pg.transaction(async (tx) => {
        const row = await lockOwn(tx, scope, snapshotId)
        await store.deleteSnapshot(tx, snapshotId)
        await record(tx, caller, 'delete', row, { snapshotId, name: row.name })
      })
      await thawMembers(ch, snapshotId)
    },

    /** Who entered, left and stayed between a snapshot and another one, or now. */
    async difference(scope: OrgScope, snapshotId: number, query: DifferenceQuery): Promise<Difference> {
      const from = await ready(snapshotId)
      const to = query.to === 'now' ? undefined : await ready(query.to)
      if (to && to.segment !== from.segment)
        throw segmentError('SNAPSHOT_OF_OTHER', { snapshotId: to.snapshot_id })
      const now = clock.now()
      const one = await inScope(scope, snapshotId)
      const other = to
        ? await inScope(scope, to.snapshot_id)
        : await rules.memberBitmapsSql(scope, { segment: from.segment })
      const after = Number(decodeCursor(query.cursor, 1)?.[0] ?? 0)
      const [counts, ids] = await Promise.all([
        countParts(ch, one, other),
        idsOf(ch, partSql(query.part, one, other), { after, limit: query.limit + 1 }),
      ])
      const page = ids.slice(0, query.limit)
      const names = await customers.names(scope, page)
      const last = page.at(-1)
      return {
        ...counts,
        items: page.flatMap((id) => names.get(id) ?? []),
        nextCursor: ids.length > query.limit && last !== undefined ? encodeCursor([last]) : null,
        from: from.taken_at.toISOString(),
        to: (to?.taken_at ?? now).toISOString(),
      }
    },

    /** Rows (chunk, members) of a ready snapshot in a scope. */
    async bitmapsOf(scope: OrgScope, snapshotId: number): Promise<{ row: store.SnapshotRow; bitmaps: Sql }> {
      const row = await ready(snapshotId)
      return { row, bitmaps: await inScope(scope, snapshotId) }
    },

    /** Members over time: by refresh for the whole bank, by snapshot in scope. */
    async trend(scope: OrgScope, key: string): Promise<Trend> {
      if (!(await findSegment(pg, key))) throw segmentError('SEGMENT_NOT_FOUND', { key })
      const sizes = scope.everyone ? await store.listSizes(pg, key) : []
      const taken = (await list(scope, key)).flatMap(({ count, takenAt, version }) =>
        count === null || takenAt === null
          ? []
          : [{ at: takenAt, count, version, source: 'snapshot' as const }],
      )
      const points = [...sizes, ...taken].sort((one, other) => (one.at < other.at ? -1 : 1))
      return { points, isWholeBank: scope.everyone }
    },

    /** Removes what has expired; harmless to repeat. */
    async expire(): Promise<void> {
      const rows = await pg.query<{ snapshot_id: number }>(sql`
        UPDATE segment_snapshot SET state = 'expired'
        WHERE state = 'ready' AND expires_at <= ${clock.now()}::timestamptz RETURNING snapshot_id`)
      for (const row of rows) await thawMembers(ch, row.snapshot_id)
    },
  }
}
