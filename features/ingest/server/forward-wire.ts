import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import type { PlanSnapshot } from '#features/plan/common/compile-plan.ts'

/** What an edge process needs to check what it takes; no credential of a database and no identity is in it. */
export type EdgeSnapshot = {
  keys: WriteKey[]
  plan: PlanSnapshot | null
  /** How long events are kept; left out: for ever. */
  eventMonths?: number | undefined
}

/** Where a collect process put what it was handed: its spool's id and the segment; -1 where others keep it already. */
export type Mark = { instance: string; mark: number }

/** All segments of that spool below this number are in the warehouse. */
export type Position = { instance: string; loadedBelow: number }

export const forwardPaths = {
  segment: '/internal/segment',
  position: '/internal/position',
  snapshot: '/internal/snapshot',
} as const
