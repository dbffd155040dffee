import type { Audit } from '#features/audit/server/index.ts'
import {
  type ChangeFlow,
  type CreateFlow,
  type Flow,
  type StoppedSegment,
  stoppedRule,
} from '#features/breakpoints/common/flow.ts'
import { flowError } from '#features/breakpoints/common/flow-errors.ts'
import * as store from '#features/breakpoints/server/flow-store.ts'
import type { Segments } from '#features/segments/server/index.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { PageQuery } from '#platform/common/http.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Flows = ReturnType<typeof createFlows>

/** Flows: services in ordered steps, of which breakpoints are read. */
export function createFlows(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  segments: Pick<Segments, 'create'>
}) {
  const { pg, clock, audit, segments } = deps

  const record = (tx: PgRunner, caller: Caller, action: string, after?: Flow, before?: Flow) =>
    audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'flow',
      objectId: (after ?? before)?.key ?? '',
      before: before && store.contentOf(before),
      after: after && store.contentOf(after),
    })

  async function get(key: string): Promise<Flow> {
    const flow = await store.findFlow(pg, key)
    if (!flow) throw flowError('FLOW_NOT_FOUND', { key })
    return flow
  }

  async function lockOwn(tx: PgRunner, scope: OrgScope, key: string): Promise<Flow> {
    const flow = await store.lockFlow(tx, key)
    if (!flow) throw flowError('FLOW_NOT_FOUND', { key })
    if (!scope.everyone && !scope.orgIds.includes(flow.ownerOrgId)) throw flowError('FLOW_NOT_YOURS', { key })
    return flow
  }

  return {
    get,
    list: (query: PageQuery) => store.listFlows(pg, query),
    create: (caller: Caller, input: CreateFlow): Promise<Flow> =>
      pg.transaction(async (tx) => {
        const flow = await store.insertFlow(tx, input, caller, clock.now())
        if (!flow) {
          throw flowError('FLOW_KEY_TAKEN', { key: input.key }, [
            { path: 'key', code: 'FLOW_KEY_TAKEN', message: 'is taken' },
          ])
        }
        await store.insertVersion(tx, flow, caller.username, clock.now())
        await record(tx, caller, 'flow.create', flow)
        return flow
      }),
    change: (caller: Caller, scope: OrgScope, key: string, input: ChangeFlow): Promise<Flow> =>
      pg.transaction(async (tx) => {
        const before = await lockOwn(tx, scope, key)
        const flow = (await store.updateFlow(tx, key, input, clock.now())) as Flow
        await store.insertVersion(tx, flow, caller.username, clock.now())
        await record(tx, caller, 'flow.change', flow, before)
        return flow
      }),
    remove: (caller: Caller, scope: OrgScope, key: string): Promise<void> =>
      pg.transaction(async (tx) => {
        const before = await lockOwn(tx, scope, key)
        await store.retireFlow(tx, key, clock.now())
        await record(tx, caller, 'flow.delete', undefined, before)
      }),
    /** A live segment of those who stopped at a step within the last minutes, ready for a journey. */
    async stoppedSegment(caller: Caller, scope: OrgScope, key: string, input: StoppedSegment) {
      const flow = await get(key)
      if (input.minutes <= flow.inactivityMinutes)
        throw flowError('FLOW_MINUTES_SHORT', { inactivity: flow.inactivityMinutes })
      const step = flow.steps.findIndex((one) => one.key === input.step)
      const rule = stoppedRule(flow, step, input.minutes)
      if (!rule) throw flowError('FLOW_STEP_UNKNOWN', { step })
      const description = `${flow.name.zh}：停在“${flow.steps[step]?.name.zh}”，${input.minutes} 分钟内`
      return segments.create(caller, scope, { key: input.key, name: input.name, description, rule })
    },
  }
}
