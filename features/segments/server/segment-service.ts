import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type {
  ChangeSegment,
  CreateSegment,
  Explanation,
  Segment,
  SegmentMember,
} from '#features/segments/common/segment.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import {
  addVersion,
  getSegment,
  insertSegment,
  listSegments,
  listVersions,
  type SegmentRow,
  segmentsUsing,
  updateSegment,
} from '#features/segments/server/segment-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { sql } from '#platform/common/sql.ts'
import { decodeCursor, encodeCursor, toPage } from '#platform/server/page.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type Use = { type: 'segment' | 'tag' | 'campaign'; key: string; name: string }
/** Says what uses a tag or a segment; later features each bring one. */
export type UsesOf = (kind: 'tag' | 'segment', key: string) => Promise<Use[]>

export type SegmentDeps = {
  pg: Postgres
  clock: Clock
  audit: Audit
  rules: Pick<Rules, 'check' | 'count' | 'members' | 'explain'>
  customers: Pick<Customers, 'names' | 'getByNo'>
}

const mayChange = (caller: Caller, row: SegmentRow): boolean => {
  const scope = caller.scopeOf('segment.write')
  return scope.everyone || scope.orgIds.includes(row.owner_org_id)
}

/** Segments: rules with a name, shared by the whole bank, counted in the scope of whoever looks. */
export function createSegmentService(deps: SegmentDeps) {
  const { pg, clock, audit, rules, customers } = deps
  const usesOf: UsesOf[] = [
    async (kind, key) =>
      (await segmentsUsing(pg, kind, key)).map((use) => ({ type: 'segment' as const, ...use })),
  ]

  const describe = (row: SegmentRow, scope: OrgScope): Segment => ({
    key: row.key,
    name: row.name,
    description: row.description,
    rule: row.rule,
    ownerOrgId: row.owner_org_id,
    createdBy: row.created_by,
    version: row.version,
    memberCount: scope.everyone ? row.member_count : null,
    refreshedAt: row.refreshed_at?.toISOString() ?? null,
    lastError: row.last_error,
    updatedAt: row.updated_at.toISOString(),
  })

  async function usesOfSegment(key: string): Promise<Use[]> {
    const found = await Promise.all(usesOf.map((find) => find('segment', key)))
    return found.flat().filter((use) => !(use.type === 'segment' && use.key === key))
  }

  return {
    /** Later features say here what of theirs uses a segment. */
    addUses: (find: UsesOf): void => void usesOf.push(find),
    usesOf: usesOf[0] as UsesOf,

    async estimate(scope: OrgScope, rule: Rule) {
      const { count, base, asOf } = await rules.count(scope, rule, { path: 'rule' })
      return { count, base, asOf: asOf.toISOString(), exact: true as const }
    },

    async list(
      scope: OrgScope,
      query: { limit: number; cursor?: string | undefined; q?: string | undefined },
    ): Promise<Page<Segment>> {
      const rows = await listSegments(pg, query)
      return toPage(
        rows,
        query.limit,
        (row) => [row.key],
        (row) => describe(row, scope),
      )
    },

    get: async (scope: OrgScope, key: string): Promise<Segment> => describe(await getSegment(pg, key), scope),

    async create(caller: Caller, scope: OrgScope, input: CreateSegment): Promise<Segment> {
      const at = clock.now()
      return pg.transaction(async (tx) => {
        await rules.check(input.rule, { path: 'rule', self: input.key }, tx)
        const row = await insertSegment(tx, {
          ...input,
          ownerOrgId: caller.homeOrgId,
          by: caller.username,
          at,
        })
        if (!row) throw segmentError('SEGMENT_KEY_TAKEN', { key: input.key })
        await addVersion(tx, row, caller.username, at)
        const segment = describe(row, scope)
        await audit.record(tx, {
          actor: caller.username,
          action: 'segment.create',
          objectType: 'segment',
          objectId: row.key,
          after: segment,
        })
        return segment
      })
    },

    async change(
      caller: Caller,
      scope: OrgScope,
      key: string,
      input: z.infer<typeof ChangeSegment>,
    ): Promise<Segment> {
      const at = clock.now()
      return pg.transaction(async (tx) => {
        const before = await getSegment(tx, key)
        if (!mayChange(caller, before)) throw segmentError('SEGMENT_NOT_YOURS', { key })
        await rules.check(input.rule, { path: 'rule', self: key }, tx)
        const row = await updateSegment(tx, { key, ...input, at })
        await addVersion(tx, row, caller.username, at)
        const after = describe(row, scope)
        await audit.record(tx, {
          actor: caller.username,
          action: 'segment.change',
          objectType: 'segment',
          objectId: key,
          before: describe(before, scope),
          after,
        })
        return after
      })
    },

    /** Retires a segment that nothing uses. */
    async retire(caller: Caller, scope: OrgScope, key: string): Promise<void> {
      await pg.transaction(async (tx) => {
        const before = await getSegment(tx, key)
        if (!mayChange(caller, before)) throw segmentError('SEGMENT_NOT_YOURS', { key })
        const uses = await usesOfSegment(key)
        if (uses.length)
          throw segmentError('SEGMENT_IN_USE', {
            key,
            uses: uses.map((use) => `${use.type} ${use.key}`).join(', '),
          })
        await tx.execute(
          sql`UPDATE segment SET state = 'retired', updated_at = ${clock.now()}::timestamptz WHERE key = ${key}`,
        )
        await audit.record(tx, {
          actor: caller.username,
          action: 'segment.retire',
          objectType: 'segment',
          objectId: key,
          before: describe(before, scope),
        })
      })
    },

    /** Members in scope as they are now, masked, in the order of their ids. */
    async members(
      scope: OrgScope,
      key: string,
      page: { limit: number; cursor?: string | undefined },
    ): Promise<Page<z.infer<typeof SegmentMember>>> {
      const { rule } = await getSegment(pg, key)
      const after = Number(decodeCursor(page.cursor, 1)?.[0] ?? 0)
      const ids = await rules.members(scope, rule, { after, limit: page.limit + 1 })
      const shown = ids.slice(0, page.limit)
      const names = await customers.names(scope, shown)
      return {
        items: shown.flatMap((id) => names.get(id) ?? []),
        nextCursor: ids.length > page.limit ? encodeCursor([shown.at(-1) ?? 0]) : null,
      }
    },

    /** Why a customer in scope is a member or not. */
    async why(
      scope: OrgScope,
      key: string,
      customerNo: string,
    ): Promise<{ customerNo: string; holds: boolean; asOf: string; explanation: Explanation }> {
      const { rule } = await getSegment(pg, key)
      const customer = await customers.getByNo(scope, customerNo)
      const { holds, explanation, asOf } = await rules.explain(scope, rule, customer.customerId)
      return { customerNo, holds, asOf: asOf.toISOString(), explanation }
    },

    uses: async (key: string): Promise<Use[]> => {
      await getSegment(pg, key)
      return usesOfSegment(key)
    },
    versions: async (key: string) => {
      await getSegment(pg, key)
      return listVersions(pg, key)
    },
  }
}
