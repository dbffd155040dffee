import type { InternalEvent } from '#features/ingest/server/index.ts'

/** Somebody went in or out of a segment in a pass. */
export type FactOf = {
  segment: string
  version: number
  customerId: number
  isMember: boolean
  pass: number
  at: Date
}

/** The fact as an event; its id is made of segment, version, customer and pass, so that telling it again counts once. */
export const factOf = ({ segment, version, customerId, isMember, pass, at }: FactOf): InternalEvent => ({
  name: isMember ? 'segment_entered' : 'segment_left',
  customerId,
  messageId: `segment:${segment}:${version}:${customerId}:${pass}`,
  occurredAt: at,
  properties: { segment, version },
})
