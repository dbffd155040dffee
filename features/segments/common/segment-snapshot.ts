import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'
import { SegmentMember } from '#features/segments/common/segment.ts'
import { Instant, Key, PageQuery } from '#platform/common/http.ts'

const Name = z.string().trim().min(1).max(200).refine(storable, 'holds characters that cannot be stored')

/**
 * POST /api/segments/{key}/snapshots (segment.write) → 202 {snapshotId, jobId}: freezes who is in the segment now. Without
 * `expiresAt` a snapshot is kept until someone deletes it.
 */
export const CreateSnapshot = z.strictObject({ name: Name, expiresAt: Instant.nullable().default(null) })
export type CreateSnapshot = z.infer<typeof CreateSnapshot>
export const SnapshotAccepted = z.object({ snapshotId: z.number().int(), jobId: z.string() })
/** PUT /api/segment-snapshots/{id} (segment.write) · DELETE → 204 */
export const ChangeSnapshot = z.strictObject({ name: Name, expiresAt: Instant.nullable() })
export type ChangeSnapshot = z.infer<typeof ChangeSnapshot>
export const SnapshotId = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) })

export const Snapshot = z
  .object({
    snapshotId: z.number().int(),
    segment: z.string(),
    version: z.number().int(),
    name: z.string(),
    state: z.enum(['building', 'ready', 'failed', 'expired']),
    /** Members in the caller's scope; null until the snapshot is ready. */
    count: z.number().int().nullable(),
    takenAt: z.string().nullable(),
    expiresAt: z.string().nullable(),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .meta({ id: 'SegmentSnapshot' })
export type Snapshot = z.infer<typeof Snapshot>
/** GET /api/segments/{key}/snapshots (segment.read), newest first; the last 200. */
export const Snapshots = z.object({ items: z.array(Snapshot) })

/**
 * GET /api/segment-snapshots/{id}/difference?to=other|now&part=entered (segment.read): who entered, left and stayed from
 * this snapshot to another one, or to the rule as it holds now; `items` are the customers of one part, masked, in scope.
 */
export const DifferenceQuery = PageQuery.extend({
  to: z.union([z.literal('now'), z.coerce.number().int().min(1).max(2_147_483_647)]).default('now'),
  part: z.enum(['entered', 'left', 'stayed']).default('entered'),
})
export type DifferenceQuery = z.output<typeof DifferenceQuery>
export const Difference = z
  .object({
    entered: z.number().int(),
    left: z.number().int(),
    stayed: z.number().int(),
    items: z.array(SegmentMember),
    nextCursor: z.string().nullable(),
    from: z.string(),
    to: z.string(),
  })
  .meta({ id: 'SegmentDifference' })
export type Difference = z.infer<typeof Difference>

/** POST /api/segment-snapshots/{id}/list (segment.write) → 201: members in scope become a customer list for rules. */
export const SnapshotList = z.strictObject({ key: Key, name: Name })
export type SnapshotList = z.infer<typeof SnapshotList>
export const ListMade = z.object({ key: z.string(), name: z.string(), count: z.number().int() })

/**
 * GET /api/segments/{key}/trend (segment.read): members over time. Refreshes count the whole bank, so they are shown to
 * those who see the whole bank; snapshots are counted in everyone's own scope.
 */
export const Trend = z
  .object({
    points: z.array(
      z.object({
        at: z.string(),
        count: z.number().int(),
        version: z.number().int(),
        source: z.enum(['refresh', 'snapshot']),
      }),
    ),
    isWholeBank: z.boolean(),
  })
  .meta({ id: 'SegmentTrend' })
export type Trend = z.infer<typeof Trend>
