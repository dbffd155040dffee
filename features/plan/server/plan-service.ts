import { isDeepStrictEqual } from 'node:util'
import type { Audit } from '#features/audit/server/index.ts'
import { diffDefinitions } from '#features/plan/common/diff-definition.ts'
import type {
  ChangePlanEvent,
  ChangeState,
  CreatePlanEvent,
  Definition,
  EventState,
  PlanChanges,
  PlanEvent,
  PlanMode,
  PlanUse,
  PlanVersions,
  SourceMode,
} from '#features/plan/common/plan.ts'
import { planError } from '#features/plan/common/plan-errors.ts'
import * as store from '#features/plan/server/plan-store.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export const mostEvents = 2000

/** Tells what of another feature uses an event. */
export type UsesOfEvent = (event: string) => Promise<PlanUse[]>

export type PlanServiceDeps = {
  pg: Postgres
  audit: Audit
  clock: Clock
  findStaff: (username: string) => Promise<unknown>
  /** Called after everything that changes what is checked. */
  onPublished: () => Promise<void>
  usesOf: UsesOfEvent
}

/** Which states an action may start from, and where it leads; publishing is apart. */
const moves = {
  deprecate: { from: ['active'], to: 'deprecated' },
  retire: { from: ['deprecated'], to: 'retired' },
  restore: { from: ['deprecated', 'retired'], to: 'active' },
} as const satisfies Record<string, { from: readonly EventState[]; to: EventState }>
export type Move = keyof typeof moves

/** Changing the plan: drafts, publishing, states and modes; every change is audited with before and after. */
export function createPlanService(deps: PlanServiceDeps) {
  const { pg, audit, clock } = deps

  async function get(key: string): Promise<store.PlanRow> {
    const row = await store.findEvent(pg, key)
    if (!row) throw planError('PLAN_EVENT_NOT_FOUND', { key })
    return row
  }

  /** Locks an event that is still as the caller read it. */
  async function lock(tx: PgRunner, key: string, revision: number): Promise<store.PlanRow> {
    const row = await store.lockEvent(tx, key)
    if (!row) throw planError('PLAN_EVENT_NOT_FOUND', { key })
    if (row.revision !== revision) throw planError('PLAN_CHANGED', { key })
    return row
  }

  async function checkOwner(owner: string): Promise<void> {
    if (await deps.findStaff(owner)) return
    const path = { path: 'owner', code: 'PLAN_OWNER_UNKNOWN', message: 'nobody has this user name' }
    throw planError('PLAN_OWNER_UNKNOWN', { owner }, [path])
  }

  async function write(
    tx: PgRunner,
    caller: Caller,
    before: store.PlanRow,
    changed: Partial<store.PlanWrite>,
  ): Promise<store.PlanRow> {
    const { key, state, version, draft, published } = before
    const next = { key, state, version, draft, published, isPublishing: false, ...changed }
    const [row] = await store.writeEvents(tx, [next], caller.username, clock.now())
    return row as store.PlanRow
  }

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    rows: { before?: store.PlanRow; after?: store.PlanRow; reason?: string },
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action: `plan.${action}`,
      objectType: 'plan_event',
      objectId: (rows.after ?? rows.before)?.key ?? '',
      before: rows.before && auditedPart(rows.before),
      after: rows.after && auditedPart(rows.after),
      ...(rows.reason ? { reason: rows.reason } : {}),
    })

  async function create(caller: Caller, { key, ...draft }: CreatePlanEvent): Promise<PlanEvent> {
    await checkOwner(draft.owner)
    return pg.transaction(async (tx) => {
      if ((await store.countEvents(tx)) >= mostEvents)
        throw planError('PLAN_TOO_LARGE', { limit: mostEvents })
      const row = await store.insertEvent(tx, key, draft, caller.username, clock.now())
      if (!row) {
        throw planError('PLAN_EVENT_TAKEN', { key }, [
          { path: 'key', code: 'PLAN_EVENT_TAKEN', message: 'is taken' },
        ])
      }
      await record(tx, caller, 'create', { after: row })
      return store.describePlanEvent(row)
    })
  }

  async function change(caller: Caller, key: string, input: ChangePlanEvent): Promise<PlanEvent> {
    const { revision, ...draft } = input
    await checkOwner(draft.owner)
    return pg.transaction(async (tx) => {
      const before = await lock(tx, key, revision)
      if (before.state === 'retired')
        throw planError('PLAN_STATE', { key, state: before.state, action: 'a change' })
      const after = await write(tx, caller, before, { draft })
      await record(tx, caller, 'change', { before, after })
      return store.describePlanEvent(after)
    })
  }

  /** Makes the draft the version that is checked; a deprecated event stays deprecated. */
  async function publish(caller: Caller, key: string, { revision, reason }: ChangeState): Promise<PlanEvent> {
    const row = await pg.transaction(async (tx) => {
      const before = await lock(tx, key, revision)
      if (before.state === 'retired')
        throw planError('PLAN_STATE', { key, state: before.state, action: 'publishing' })
      if (!before.has_changes) throw planError('PLAN_NOTHING_TO_PUBLISH', { key })
      const after = await write(tx, caller, before, {
        state: before.state === 'draft' ? 'active' : before.state,
        version: before.version + 1,
        published: before.draft,
        isPublishing: true,
      })
      await store.insertVersions(tx, [after], { by: caller.username, reason, now: clock.now() })
      await store.moveHead(tx)
      await record(tx, caller, 'publish', { before, after, reason })
      return after
    })
    await deps.onPublished()
    return store.describePlanEvent(row)
  }

  async function move(caller: Caller, key: string, action: Move, input: ChangeState): Promise<PlanEvent> {
    const { from, to } = moves[action]
    const row = await pg.transaction(async (tx) => {
      const before = await lock(tx, key, input.revision)
      if (!(from as readonly EventState[]).includes(before.state))
        throw planError('PLAN_STATE', { key, state: before.state, action })
      const after = await write(tx, caller, before, { state: to })
      await store.moveHead(tx)
      await record(tx, caller, action, { before, after, reason: input.reason })
      return after
    })
    await deps.onPublished()
    return store.describePlanEvent(row)
  }

  /** Throws the draft away: back to what is published, or gone when nothing ever was. */
  async function discard(caller: Caller, key: string, { revision, reason }: ChangeState): Promise<void> {
    await pg.transaction(async (tx) => {
      const before = await lock(tx, key, revision)
      if (!before.published) {
        await store.deleteEvent(tx, key)
        await record(tx, caller, 'delete', { before, reason })
        return
      }
      if (!before.has_changes) throw planError('PLAN_NOTHING_TO_PUBLISH', { key })
      const after = await write(tx, caller, before, { draft: before.published })
      await record(tx, caller, 'discard', { before, after, reason })
    })
  }

  async function setMode(
    caller: Caller,
    source: string,
    mode: PlanMode,
    reason: string,
  ): Promise<SourceMode> {
    const row = await pg.transaction(async (tx) => {
      if (!(await store.isSource(tx, source))) throw planError('PLAN_SOURCE_NOT_FOUND', { source })
      const before = await store.lockMode(tx, source)
      const after = await store.writeMode(tx, source, mode, caller.username, clock.now())
      await store.moveHead(tx)
      await audit.record(tx, {
        actor: caller.username,
        action: 'plan.mode',
        objectType: 'plan_source_mode',
        objectId: source,
        before: { mode: before },
        after: { mode },
        ...(reason ? { reason } : {}),
      })
      return after
    })
    await deps.onPublished()
    return row
  }

  return {
    create,
    change,
    publish,
    move,
    discard,
    setMode,
    get: async (key: string): Promise<PlanEvent> => store.describePlanEvent(await get(key)),
    async versions(key: string): Promise<PlanVersions['items']> {
      await get(key)
      const rows = await store.listVersions(pg, key)
      return rows.map((row, nth) => ({
        version: row.version,
        definition: row.definition,
        publishedBy: row.published_by,
        reason: row.reason,
        at: row.at.toISOString(),
        differences: diffDefinitions(rows[nth + 1]?.definition ?? null, row.definition),
      }))
    },
    async changes(key: string): Promise<PlanChanges> {
      const row = await get(key)
      return { differences: diffDefinitions(row.published, row.draft), uses: await deps.usesOf(key) }
    },
  }
}

const auditedPart = (row: store.PlanRow) => ({
  state: row.state,
  version: row.version,
  draft: row.draft,
  ...(row.published && !isDeepStrictEqual(row.draft, row.published) ? { published: row.published } : {}),
})

export const definitionOf = ({ name, description, owner, properties, places }: Definition): Definition => ({
  name,
  description,
  owner,
  properties,
  places,
})
