import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import type { PlanFinding } from '#features/ingest/server/plan-gate.ts'

/** One message as it was just taken or refused; for looking on, nothing is decided by it. */
export type TakenMessage = {
  source: string
  protocol: string
  name: string
  messageId: string | undefined
  anonymousId: string | undefined
  /** The customer it says it is of, and the one it is proven to be of. */
  customerNoClaimed: string | undefined
  customerNoProven: string | undefined
  occurredAtMs: number | undefined
  receivedAtMs: number
  props: readonly (readonly [string, string])[]
  outcome: { accepted: true; findings: readonly PlanFinding[] } | { accepted: false; problem: Problem }
}

/** Somebody who may be looking on; while nobody is, it costs one call a message batch. */
export type TakenWatcher = { isOn(): boolean; seen(message: TakenMessage): void }
