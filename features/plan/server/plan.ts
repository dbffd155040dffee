import type { Audit } from '#features/audit/server/index.ts'
import type { CompiledPlan, PlanFinding } from '#features/plan/common/compile-plan.ts'
import { generateTypes } from '#features/plan/common/generate-types.ts'
import type { PlanUse } from '#features/plan/common/plan.ts'
import { createCurrentPlan } from '#features/plan/server/current-plan.ts'
import { createFindingCounts } from '#features/plan/server/finding-counts.ts'
import { planCsv } from '#features/plan/server/plan-csv.ts'
import { createPlanReads } from '#features/plan/server/plan-reads.ts'
import { createPlanService, type UsesOfEvent } from '#features/plan/server/plan-service.ts'
import { readSnapshot } from '#features/plan/server/plan-snapshot.ts'
import * as store from '#features/plan/server/plan-store.ts'
import { createPlanTransfer } from '#features/plan/server/plan-transfer.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type PlanDeps = {
  pg: Postgres
  ch: ClickHouse
  audit: Audit
  clock: Clock
  timeZone: string
  /** Gives something when an active person has this user name. */
  findStaff: (username: string) => Promise<unknown>
  log: (error: unknown, message: string) => void
}
export type Plan = ReturnType<typeof createPlan>

/** The tracking plan: what events may come, checked in memory, changed with care. */
export function createPlan(deps: PlanDeps) {
  const { pg, clock, log } = deps
  const users: UsesOfEvent[] = []
  const usesOf = async (event: string): Promise<PlanUse[]> =>
    (await Promise.all(users.map((usesOfEvent) => usesOfEvent(event)))).flat()
  const current = createCurrentPlan({
    readHead: () => store.readHead(pg),
    readSnapshot: () => readSnapshot(pg),
    clock,
  })
  // What was committed is committed: a failing reading must not fail the change, the next look repeats it.
  const onPublished = () =>
    current.reload().catch((error) => log(error, 'the changed tracking plan could not be read'))
  const counts = createFindingCounts({
    ...deps,
    onError: (error) => log(error, 'findings of the tracking plan could not be counted'),
  })
  const gate = createPlanGate(current.current, counts.note)
  const service = createPlanService({ ...deps, onPublished, usesOf })
  const transfer = createPlanTransfer({ ...deps, onPublished })
  const reads = createPlanReads(deps)
  return {
    ...service,
    import: transfer.import,
    export: transfer.export,
    list: (query: Parameters<typeof store.listEvents>[1]) => store.listEvents(pg, query),
    modes: () => store.listModes(pg),
    ...reads,
    /** What is published and the modes, as plain JSON. */
    snapshot: () => readSnapshot(pg),
    current: current.current,
    /** The plan for collecting: as `current`, and what it finds is counted. Ask once a batch. */
    gate,
    reload: current.reload,
    note: counts.note,
    findings: counts.list,
    flushFindings: counts.flush,
    csv: async (): Promise<string> => planCsv((await store.listAllEvents(pg)).map(store.describePlanEvent)),
    /** TypeScript types of everything that may be sent. */
    types: async (): Promise<string> => generateTypes((await store.listAllEvents(pg)).flatMap(typedPart)),
    /** Another feature says here what of its own uses an event. */
    addUses(usesOfEvent: UsesOfEvent): void {
      users.push(usesOfEvent)
    },
    /** Reads the plan and starts counting. */
    async start(): Promise<void> {
      await current.reload()
      counts.start()
    },
    stop: counts.stop,
  }
}

/** `quiet` looks without counting, for who may have to look again; what it finds is noted once it is certain. */
type CountingPlan = CompiledPlan & {
  quiet: {
    has: CompiledPlan['has']
    find: CompiledPlan['check']
    note(source: string, event: string, findings: readonly PlanFinding[], count?: number): void
  }
}

/** Counts what the compiled plan finds; made anew only when the plan was. */
function createPlanGate(
  current: () => CompiledPlan,
  note: (source: string, event: string, findings: readonly PlanFinding[], count?: number) => void,
): () => CountingPlan {
  let compiled: CompiledPlan | undefined
  let counting: CountingPlan | undefined
  return () => {
    const plan = current()
    if (plan === compiled && counting) return counting
    compiled = plan
    counting = {
      ...plan,
      check(source, event, props) {
        const findings = plan.check(source, event, props)
        if (findings.length > 0) note(source, event, findings)
        return findings
      },
      quiet: { has: plan.has, find: plan.check, note },
    }
    return counting
  }
}

const typedPart = (row: store.PlanRow) =>
  row.published && row.state !== 'retired'
    ? [{ key: row.key, isDeprecated: row.state === 'deprecated', definition: row.published }]
    : []
