import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import { diffDefinitions } from '#features/plan/common/diff-definition.ts'
import type {
  Definition,
  EventState,
  ImportOutcome,
  ImportPlan,
  PlanFile,
} from '#features/plan/common/plan.ts'
import { planError } from '#features/plan/common/plan-errors.ts'
import { definitionOf, mostEvents } from '#features/plan/server/plan-service.ts'
import * as store from '#features/plan/server/plan-store.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { FieldError } from '#platform/common/errors.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Deps = {
  pg: Postgres
  audit: Audit
  clock: Clock
  findStaff: (username: string) => Promise<unknown>
  onPublished: () => Promise<void>
}
type FileEvent = PlanFile['events'][number]
type Planned = ImportOutcome['items'][number] & { write: store.PlanWrite }

/** The state an imported event ends in: drafts of the file change no state, and nothing becomes a draft again. */
const stateAfter = (
  before: EventState | undefined,
  wanted: EventState,
  isPublishing: boolean,
): EventState => {
  if (!isPublishing || wanted === 'draft') return before ?? 'draft'
  return wanted
}

function planEvent(file: FileEvent, before: store.PlanRow | undefined, mayPublish: boolean): Planned {
  const draft: Definition = definitionOf(file)
  const isPublishing = mayPublish && file.state !== 'draft'
  const state = stateAfter(before?.state, file.state, isPublishing)
  const differences = diffDefinitions(before?.draft ?? null, draft)
  // What is published may lag behind a draft that already says the same.
  const isNewVersion =
    isPublishing && (!before?.published || diffDefinitions(before.published, draft).length > 0)
  const isChanged = differences.length > 0 || isNewVersion || state !== before?.state
  return {
    key: file.key,
    outcome: before ? (isChanged ? 'changed' : 'unchanged') : 'created',
    state: { before: before?.state ?? null, after: state },
    differences,
    write: {
      key: file.key,
      state,
      version: (before?.version ?? 0) + (isNewVersion ? 1 : 0),
      draft,
      published: isNewVersion ? draft : (before?.published ?? null),
      isPublishing: isNewVersion,
    },
  }
}

/** Takes a whole plan from a file and gives it back as one. */
export function createPlanTransfer(deps: Deps) {
  const { pg, audit, clock } = deps

  async function checkOwners(events: readonly FileEvent[]): Promise<void> {
    const owners = [...new Set(events.map((event) => event.owner))]
    const found = await Promise.all(
      owners.map(async (owner) => [owner, await deps.findStaff(owner)] as const),
    )
    const unknown = new Set(found.flatMap(([owner, person]) => (person ? [] : [owner])))
    if (unknown.size === 0) return
    const errors = events.flatMap(({ owner }, at): FieldError[] =>
      unknown.has(owner)
        ? [
            {
              path: `plan.events.${at}.owner`,
              code: 'PLAN_OWNER_UNKNOWN',
              message: 'nobody has this user name',
            },
          ]
        : [],
    )
    throw planError('PLAN_OWNER_UNKNOWN', { owner: [...unknown][0] ?? '' }, errors.slice(0, 100))
  }

  async function write(tx: PgRunner, changed: readonly Planned[], by: string): Promise<void> {
    if (changed.length === 0) return
    const now = clock.now()
    await store.writeEvents(
      tx,
      changed.map((one) => one.write),
      by,
      now,
    )
    const published = changed.filter((one) => one.write.isPublishing).map((one) => one.write)
    if (published.length > 0) await store.insertVersions(tx, published, { by, reason: 'import', now })
    await store.moveHead(tx)
    await audit.record(tx, {
      actor: by,
      action: 'plan.import',
      objectType: 'plan',
      objectId: 'plan',
      after: changed.map(({ key, outcome, state, differences }) => ({ key, outcome, state, differences })),
    })
  }

  return {
    async import(by: { username: string }, input: z.output<typeof ImportPlan>): Promise<ImportOutcome> {
      const { events } = input.plan
      await checkOwners(events)
      const planned = await pg.transaction(async (tx) => {
        const before = new Map((await store.lockAllEvents(tx)).map((row) => [row.key, row]))
        const all = events.map((event) => planEvent(event, before.get(event.key), input.publish))
        const created = all.filter((one) => one.outcome === 'created').length
        if (before.size + created > mostEvents) throw planError('PLAN_TOO_LARGE', { limit: mostEvents })
        if (!input.dryRun)
          await write(
            tx,
            all.filter((one) => one.outcome !== 'unchanged'),
            by.username,
          )
        return all
      })
      if (!input.dryRun) await deps.onPublished()
      const count = (outcome: Planned['outcome']) => planned.filter((one) => one.outcome === outcome).length
      return {
        isDryRun: input.dryRun,
        created: count('created'),
        changed: count('changed'),
        unchanged: count('unchanged'),
        items: planned.map(({ write: _, ...item }) => item),
      }
    },
    /** Drafts as they are being worked on; states as they are. */
    async export(): Promise<PlanFile> {
      const rows = await store.listAllEvents(pg)
      return {
        format: 'zhike-tracking-plan',
        version: 1,
        events: rows.map((row) => ({ key: row.key, state: row.state, ...definitionOf(row.draft) })),
      }
    },
  }
}
