import type { Approvals } from '#features/approvals/server/index.ts'
import type { Lists } from '#features/lists/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { createDelivery } from '#features/segments/server/deliver-changes.ts'
import { createExports, type ExportDeps } from '#features/segments/server/exports.ts'
import { createSegmentFeed } from '#features/segments/server/segment-feed.ts'
import { createSegmentSettings } from '#features/segments/server/segment-settings.ts'
import { createSnapshotList } from '#features/segments/server/snapshot-list.ts'
import { thinSizes } from '#features/segments/server/snapshot-store.ts'
import { createSnapshots } from '#features/segments/server/snapshots.ts'
import { scopeOfOrg } from '#features/segments/server/subscription-store.ts'
import { createSubscriptions } from '#features/segments/server/subscriptions.ts'
import type { Jobs } from '#platform/server/jobs.ts'

export type SegmentSharingDeps = Omit<ExportDeps, 'settings' | 'approvals' | 'jobs'> & {
  lists: Pick<Lists, 'keep'>
  approvals: Pick<Approvals, 'define' | 'submit' | 'withdraw'>
  jobs: Pick<Jobs, 'define' | 'enqueue' | 'every'>
  log: (error: unknown, message: string) => void
}
export type SegmentSharing = ReturnType<typeof createSegmentSharing>

const upkeepEveryMs = 10 * 60_000

/** What segments give away: snapshots, files, and changes to outside systems, within limits and with approvals. */
export function createSegmentSharing(deps: SegmentSharingDeps) {
  const settings = createSegmentSettings(deps)
  const snapshots = createSnapshots(deps)
  const exports = createExports({ ...deps, settings })
  const feed = createSegmentFeed(deps)
  const subscriptions = createSubscriptions({ ...deps, settings, feed })
  const delivery = createDelivery({ ...deps, settings, feed })
  deps.jobs.define('segment.upkeep', async () => {
    await snapshots.expire()
    await exports.expire()
    await feed.expire()
    await thinSizes(deps.pg, deps.clock.now())
  })
  deps.jobs.every('segment.upkeep', upkeepEveryMs)
  return {
    settings,
    snapshots,
    exports,
    subscriptions,
    delivery,
    /** How many people have to approve something sent to so many customers of an org unit. */
    async approvalLevels(ownerOrgId: number, audience: Rule): Promise<1 | 2> {
      const scope = await scopeOfOrg(deps.pg, ownerOrgId)
      const [{ count }, { twoApprovalsOver }] = await Promise.all([
        deps.rules.count(scope, audience),
        settings.read(),
      ])
      return count > twoApprovalsOver ? 2 : 1
    },
    saveAsList: createSnapshotList({ ...deps, snapshots }),
  }
}
