import type { Approvals } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import { createTagDefinitions } from '#features/tags/server/tag-definitions.ts'
import { readDistribution } from '#features/tags/server/tag-distribution.ts'
import { createTagEngine } from '#features/tags/server/tag-engine.ts'
import * as store from '#features/tags/server/tag-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type TagDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  approvals: Pick<Approvals, 'define' | 'submit' | 'withdraw'>
  customers: Pick<Customers, 'names'>
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
  rules: Rules
}
export type Tags = ReturnType<typeof createTags>

/** Tags: defined, computed on demand and on schedule, with their distribution and what uses them. */
export function createTags(deps: TagDeps) {
  const { pg, ch, jobs, rules } = deps
  const engine = createTagEngine({ ...deps, beforeClean: () => definitions.fillSearch() })

  /** A new definition is computed once: a run that began after it has done so already. */
  jobs.define('tag.compute', async ({ key, definedAt }: { key: string; definedAt: string }) => {
    const row = await get(key)
    const isDone = row.refreshed_at !== null && row.refreshed_at >= new Date(definedAt)
    if (!isDone) return engine.refresh(key)
    return { key, coverage: row.coverage, unreadable: row.unreadable, isCurrent: true }
  })
  const definitions = createTagDefinitions({
    ...deps,
    enqueue: (key, by, tx) =>
      jobs.enqueue('tag.compute', { key, definedAt: deps.clock.now().toISOString() }, by, {
        key: `tag.compute:${key}`,
        tx,
      }),
  })
  const { uses, customerTags } = definitions

  async function get(key: string): Promise<store.TagRow> {
    const row = await store.findTag(pg, key)
    if (!row) throw tagError('TAG_NOT_FOUND', { key })
    return row
  }

  return {
    ...definitions,
    /** Puts a refresh in the queue; gives the job. */
    async enqueueRefresh(caller: Caller, key: string): Promise<string> {
      await get(key)
      return jobs.enqueue('tag.refresh', { key }, caller.username, { key: `tag:${key}` })
    },
    /** Computes a tag now, in this process. */
    refresh: engine.refresh,
    refreshDue: engine.refreshDue,
    clean: engine.clean,
    /** Runs, alerts and the history of computing tags. */
    engine,
    /** Streaming tags of these customers, anew; gives the keys of tags of which some value changed. */
    updateCustomers: engine.updateCustomers,
    async distribution(scope: OrgScope, key: string) {
      await engine.computeMissing([key])
      return readDistribution({ ch, rules }, scope, await get(key))
    },
    tagsOfCustomer: customerTags.list,
    /** Another feature says here what of its own uses a tag. */
    addUses: uses.add,
    /** Another feature says here which tags anything of its own names. */
    addUsedTags: uses.addUsedTags,
    /** Tags that use a tag, a segment or an event. */
    usesOf: uses.ofTags,
  }
}
