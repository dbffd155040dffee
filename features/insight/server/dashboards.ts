import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type {
  ChangeDashboard,
  CreateDashboard,
  Dashboard,
  DashboardCard,
  DashboardQuery,
} from '#features/insight/common/dashboard.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import * as store from '#features/insight/server/dashboard-store.ts'
import type { Insight } from '#features/insight/server/insight-service.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { FieldError } from '#platform/common/errors.ts'
import { sql } from '#platform/common/sql.ts'
import { toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Dashboards = ReturnType<typeof createDashboards>

const describe = (caller: Caller, row: store.DashboardRow): Dashboard => ({
  ...{ key: row.key, ...store.bodyOf(row) },
  ownerOrgId: row.owner_org_id,
  createdBy: row.created_by,
  isMine: row.created_by === caller.username,
  version: row.version,
  updatedAt: row.updated_at.toISOString(),
})

/** Dashboards: saved questions as cards; their numbers are always computed in the reader's own scope. */
export function createDashboards(deps: { pg: Postgres; clock: Clock; audit: Audit; insight: Insight }) {
  const { pg, clock, audit, insight } = deps

  /** Refuses cards whose question their analysis would refuse, naming the field. */
  function checkCards(cards: readonly DashboardCard[]): void {
    const errors = cards.flatMap((card, nth): FieldError[] => {
      const parsed = insight.find(card.kind).query.safeParse(card.query)
      return (parsed.error?.issues ?? []).map((issue) => ({
        path: ['cards', nth, 'query', ...issue.path].join('.'),
        code: 'CARD_INVALID',
        message: issue.message,
      }))
    })
    if (errors.length > 0) throw insightError('DASHBOARD_CARD_INVALID', {}, errors)
  }

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    after?: store.DashboardRow,
    before?: store.DashboardRow,
  ) =>
    audit.record(tx, {
      ...{ actor: caller.username, action, objectType: 'dashboard' },
      objectId: (after ?? before)?.key ?? '',
      before: before && store.bodyOf(before),
      after: after && store.bodyOf(after),
    })

  async function get(caller: Caller, key: string): Promise<store.DashboardRow> {
    const row = await store.findDashboard(pg, caller, key)
    if (!row) throw insightError('DASHBOARD_NOT_FOUND', { key })
    return row
  }

  /** Locks a dashboard that the caller made. */
  async function lockOwn(tx: PgRunner, caller: Caller, key: string): Promise<store.DashboardRow> {
    const row = await store.findDashboard(tx, caller, key, sql`FOR UPDATE OF d`)
    if (!row) throw insightError('DASHBOARD_NOT_FOUND', { key })
    if (row.created_by !== caller.username) throw insightError('DASHBOARD_NOT_YOURS', { key })
    return row
  }

  async function create(caller: Caller, input: CreateDashboard): Promise<Dashboard> {
    checkCards(input.cards)
    return pg.transaction(async (tx) => {
      const row = await store.insertDashboard(tx, caller, input, clock.now())
      if (!row) {
        const error = { path: 'key', code: 'DASHBOARD_KEY_TAKEN', message: 'is taken' }
        throw insightError('DASHBOARD_KEY_TAKEN', { key: input.key }, [error])
      }
      await store.insertDashboardVersion(tx, row, caller.username, clock.now())
      await record(tx, caller, 'dashboard.create', row)
      return describe(caller, row)
    })
  }

  return {
    create,
    get: async (caller: Caller, key: string) => describe(caller, await get(caller, key)),
    async list(caller: Caller, query: z.output<typeof DashboardQuery>) {
      return toPage(
        await store.listDashboards(pg, caller, query),
        query.limit,
        (row) => [row.key],
        (row) => describe(caller, row),
      )
    },
    async versions(caller: Caller, key: string) {
      await get(caller, key)
      return store.listDashboardVersions(pg, key)
    },
    async change(caller: Caller, key: string, input: ChangeDashboard): Promise<Dashboard> {
      const { version, ...body } = input
      checkCards(body.cards)
      return pg.transaction(async (tx) => {
        const before = await lockOwn(tx, caller, key)
        if (before.version !== version) throw insightError('DASHBOARD_CHANGED', { key })
        const row = await store.updateDashboard(tx, key, body, clock.now())
        if (!row) throw insightError('DASHBOARD_NOT_FOUND', { key })
        await store.insertDashboardVersion(tx, row, caller.username, clock.now())
        await record(tx, caller, 'dashboard.change', row, before)
        return describe(caller, row)
      })
    },
    /** A copy of a visible dashboard: the caller's own, seen by nobody else. */
    async copy(caller: Caller, key: string, to: { key: string; name: string }): Promise<Dashboard> {
      const row = await get(caller, key)
      return create(caller, { ...store.bodyOf(row), ...to, sharing: 'private', roles: [] })
    },
    async remove(caller: Caller, key: string): Promise<void> {
      await pg.transaction(async (tx) => {
        const before = await lockOwn(tx, caller, key)
        await store.deleteDashboard(tx, key, clock.now())
        await record(tx, caller, 'dashboard.delete', undefined, before)
      })
    },
  }
}
