/** What breaks the tracking plan. */
export type PlanFinding = { code: string; path: string; detail: string }

/** What collecting asks the tracking plan; compiled and in memory, for it is asked for every event. */
export type PlanGate = {
  check(source: string, event: string, props: readonly (readonly [string, string])[]): readonly PlanFinding[]
  /** What becomes of an event that breaks the plan: counted, stored and noted, or refused. */
  modeOf(source: string): 'observe' | 'warn' | 'enforce'
  /** Properties whose values name a person, by the plan: they are left out. */
  classOf(event: string, prop: string): 'identifier' | undefined
}
