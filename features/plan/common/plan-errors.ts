import { defineErrors } from '#platform/common/errors.ts'

type Key = { key: string }

/** Errors of the tracking plan. What a message is told stands in `findingCodes`. */
export const planError = defineErrors({
  PLAN_EVENT_NOT_FOUND: ['missing', (d: Key) => `The plan has no event "${d.key}".`],
  PLAN_EVENT_TAKEN: ['conflict', (d: Key) => `The plan already has an event "${d.key}".`],
  PLAN_CHANGED: [
    'conflict',
    (d: Key) => `Somebody else changed "${d.key}" meanwhile; read it again and repeat the change.`,
  ],
  PLAN_STATE: [
    'conflict',
    (d: { key: string; state: string; action: string }) =>
      `"${d.key}" is ${d.state}; that cannot be followed by ${d.action}.`,
  ],
  PLAN_NOTHING_TO_PUBLISH: ['conflict', (d: Key) => `The draft of "${d.key}" is what is published.`],
  PLAN_OWNER_UNKNOWN: ['invalid', (d: { owner: string }) => `Nobody has the user name "${d.owner}".`],
  PLAN_SOURCE_NOT_FOUND: ['missing', (d: { source: string }) => `There is no source "${d.source}".`],
  PLAN_TOO_LARGE: ['conflict', (d: { limit: number }) => `A plan has at most ${d.limit} events.`],
  PLAN_UNAVAILABLE: [
    'unavailable',
    (_: Record<string, never>) => 'The tracking plan cannot be read right now; send again.',
  ],
})
