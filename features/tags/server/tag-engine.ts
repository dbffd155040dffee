import type { Audit } from '#features/audit/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import { createDueTags } from '#features/tags/server/due-tags.ts'
import { createTagRefresher } from '#features/tags/server/refresh-tags.ts'
import { createTagAlerts } from '#features/tags/server/tag-alerts.ts'
import { readHistory } from '#features/tags/server/tag-history.ts'
import { createTagRuns } from '#features/tags/server/tag-runs.ts'
import { loadTags } from '#features/tags/server/tag-work.ts'
import { createCustomerUpdater } from '#features/tags/server/update-customers.ts'
import { createTagUpdater } from '#features/tags/server/update-tags.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type EngineDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
  rules: Rules
  /** What else is tidied up once an hour. */
  beforeClean?: () => Promise<unknown>
}

/** Everything that computes tags: one alone, many in a run, a few customers at once; and what is told of it. */
export function createTagEngine(deps: EngineDeps) {
  const { jobs, pg, clock } = deps
  const refresher = createTagRefresher(deps)
  const updater = createTagUpdater(deps)
  const alerts = createTagAlerts(deps)
  const runs = createTagRuns({ ...deps, refresher, updater })
  const due = createDueTags({ ...deps, runs, alerts })
  deps.rules.computeMissingWith(refresher.computeMissing)
  jobs.define('tag.refresh', ({ key }: { key: string }) => refresher.refresh(key))
  jobs.define('tag.refreshDue', () => due.refreshDue())
  jobs.define('tag.clean', async () => {
    await deps.beforeClean?.()
    return due.clean()
  })
  jobs.every('tag.refreshDue', 60_000)
  jobs.every('tag.clean', 3_600_000)
  return {
    runs,
    alerts,
    refresh: refresher.refresh,
    computeMissing: refresher.computeMissing,
    /** Makes the changes of tags part of their base now, as a run does where there are many. */
    compact: async (keys: readonly string[]): Promise<string[]> => [
      ...(await refresher.compact(await loadTags(pg, keys))),
    ],
    refreshDue: due.refreshDue,
    clean: due.clean,
    updateCustomers: createCustomerUpdater(deps),
    history: (key: string) => readHistory(pg, key, clock.now()),
  }
}
export type TagEngine = ReturnType<typeof createTagEngine>
