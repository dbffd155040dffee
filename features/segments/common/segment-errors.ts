import { defineErrors } from '#platform/common/errors.ts'

type None = Record<string, never>

/** Errors of segments. */
export const segmentError = defineErrors({
  SEGMENT_NOT_FOUND: ['missing', (d: { key: string }) => `No segment has the key "${d.key}".`],
  SEGMENT_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another segment already has the key "${d.key}".`],
  SEGMENT_IN_USE: [
    'conflict',
    (d: { key: string; uses: string }) => `The segment "${d.key}" is still used by ${d.uses}.`,
  ],
  SEGMENT_NOT_YOURS: [
    'forbidden',
    (d: { key: string }) => `The segment "${d.key}" belongs to an org unit outside your own.`,
  ],
  SNAPSHOT_NOT_FOUND: ['missing', (d: { snapshotId: number }) => `There is no snapshot ${d.snapshotId}.`],
  SNAPSHOT_NOT_READY: [
    'conflict',
    (d: { snapshotId: number; state: string }) => `The snapshot ${d.snapshotId} is ${d.state}.`,
  ],
  SNAPSHOT_OF_OTHER: [
    'invalid',
    (d: { snapshotId: number }) => `The snapshot ${d.snapshotId} is of another segment.`,
  ],
  EXPORT_NOT_FOUND: ['missing', (d: { exportId: number }) => `There is no export ${d.exportId}.`],
  EXPORT_NOT_READY: [
    'conflict',
    (d: { exportId: number; state: string }) =>
      `The export ${d.exportId} is ${d.state}; there is no file to fetch.`,
  ],
  EXPORT_NOT_YOURS: [
    'forbidden',
    (_: None) => 'Only whoever asked for a file may fetch it. Ask for one of your own.',
  ],
  EXPORT_BALANCES: [
    'forbidden',
    (d: { columns: string }) => `You may not see the balances of all these customers: ${d.columns}.`,
  ],
  EXPORT_TAG_UNKNOWN: ['invalid', (d: { tags: string }) => `These tags have no values to export: ${d.tags}.`],
  EXPORT_GREW: [
    'conflict',
    (d: { asked: number; now: number }) =>
      `The segment grew from ${d.asked} to ${d.now} customers since the export was asked for; ask again.`,
  ],
  SUBSCRIPTION_NOT_FOUND: [
    'missing',
    (d: { subscriptionId: number }) => `There is no subscription ${d.subscriptionId}.`,
  ],
  SUBSCRIPTION_STATE: [
    'conflict',
    (d: { state: string; step: string }) => `The subscription is ${d.state}; "${d.step}" isn't possible now.`,
  ],
  WEBHOOK_URL_REFUSED: [
    'invalid',
    (d: { reason: string }) => `Webhooks can't be sent to this address: ${d.reason}.`,
  ],
  SEGMENT_REQUESTER_GONE: [
    'forbidden',
    (_: None) => 'Whoever asked for this holds no post that allows it any more.',
  ],
})
