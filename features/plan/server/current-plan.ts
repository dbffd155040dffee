import { type CompiledPlan, compilePlan, type PlanSnapshot } from '#features/plan/common/compile-plan.ts'
import { planError } from '#features/plan/common/plan-errors.ts'
import type { Clock } from '#platform/common/clock.ts'

const maxAgeMs = 5000
const pauseMs = 1000

/**
 * The plan in memory. An old copy is renewed beside the requests, and only compiled again when its revision moved, so that a
 * change reaches every process soon and an outage of the database doesn't stop checking.
 */
export function createCurrentPlan(deps: {
  readHead: () => Promise<number>
  readSnapshot: () => Promise<PlanSnapshot>
  clock: Clock
}) {
  const { clock } = deps
  let compiled: CompiledPlan | undefined
  let loadedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined
  const now = () => clock.now().getTime()

  async function load(): Promise<void> {
    triedAtMs = now()
    const isNews = !compiled || (await deps.readHead()) !== compiled.revision
    if (isNews) compiled = compilePlan(await deps.readSnapshot())
    loadedAtMs = now()
  }
  const reload = (): Promise<void> => {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  return {
    /**
     * The plan as it is checked now; ask once a batch. Throws PLAN_UNAVAILABLE before the first reading, for nothing may
     * pass unchecked then.
     */
    current(): CompiledPlan {
      const at = now()
      if (Math.abs(at - loadedAtMs) > maxAgeMs && Math.abs(at - triedAtMs) >= pauseMs)
        reload().catch(() => {})
      if (!compiled) throw planError('PLAN_UNAVAILABLE', {})
      return compiled
    },
    /** Reads the plan as it is after everything committed before this call. */
    async reload(): Promise<void> {
      await loading?.catch(() => {})
      await reload()
    },
  }
}
