/**
 * Events the bank or the platform tells about a customer, which are nothing the customer did: whoever asks for "any event"
 * leaves them out, for a refresh of a segment makes nobody active.
 */
export const platformFacts: readonly string[] = [
  'segment_entered',
  'segment_left',
  'tag_changed',
  'lifecycle_changed',
  'tier_changed',
  'profile_updated',
  'touch_sent',
  'touch_delivered',
  'touch_failed',
  'touch_stopped',
  'lead_created',
  'lead_assigned',
  'lead_accepted',
  'lead_contacted',
  'lead_closed',
]
