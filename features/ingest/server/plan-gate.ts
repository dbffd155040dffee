import type { FindingCode } from '#features/plan/server/index.ts'

/** What breaks the tracking plan. */
export type PlanFinding = { code: FindingCode; path: string; detail: string }

/** What collecting asks the tracking plan; compiled and in memory, for it is asked for every event. */
export type PlanGate = {
  check(source: string, event: string, props: readonly (readonly [string, string])[]): readonly PlanFinding[]
  /** What becomes of an event that breaks the plan: counted, stored and noted, or refused. */
  modeOf(source: string): 'observe' | 'warn' | 'enforce'
  /** Properties whose values name a person, by the plan: they are left out. */
  classOf(event: string, prop: string): 'identifier' | undefined
  /** Looks without counting, for who may have to look again; what it finds is noted once it is certain. */
  quiet?: {
    has(event: string): boolean
    find: PlanGate['check']
    note(source: string, event: string, findings: readonly PlanFinding[], count?: number): void
  }
}
