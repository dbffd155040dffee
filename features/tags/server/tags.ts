import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { ChangeTag, CreateTag, Tag, TagQuery, TagSource, TagUse } from '#features/tags/common/tag.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import { createDueTags } from '#features/tags/server/due-tags.ts'
import { createTagRefresher } from '#features/tags/server/refresh-tags.ts'
import { readDistribution } from '#features/tags/server/tag-distribution.ts'
import * as store from '#features/tags/server/tag-store.ts'
import { readTagsOfCustomer } from '#features/tags/server/tags-of-customer.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type TagDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
  rules: Rules
}
export type Tags = ReturnType<typeof createTags>

/** Tells what uses a tag, a segment or an event; other features say theirs. */
export type UsesOf = (kind: 'tag' | 'segment' | 'event', key: string) => Promise<TagUse[]>

/** Tags: defined, computed on demand and on schedule, with their distribution and what uses them. */
export function createTags(deps: TagDeps) {
  const { pg, ch, clock, audit, jobs, rules } = deps
  const refresher = createTagRefresher(deps)
  const due = createDueTags({ pg, ch, clock, refresher })
  const users: UsesOf[] = []
  rules.computeMissingWith(refresher.computeMissing)
  jobs.define('tag.refresh', ({ key }: { key: string }) => refresher.refresh(key))
  jobs.define('tag.refreshDue', () => due.refreshDue())
  jobs.define('tag.clean', () => due.clean())
  jobs.every('tag.refreshDue', 60_000)
  jobs.every('tag.clean', 3_600_000)

  const enqueue = (key: string, by: string, tx?: PgRunner): Promise<string> =>
    jobs.enqueue('tag.refresh', { key }, by, { key: `tag:${key}`, ...(tx ? { tx } : {}) })

  async function get(key: string): Promise<store.TagRow> {
    const row = await store.findTag(pg, key)
    if (!row) throw tagError('TAG_NOT_FOUND', { key })
    return row
  }

  /** Refuses a rule that cannot be answered, and one that would need the tag itself, over however many tags. */
  async function checkSource(tx: PgRunner, key: string, source: TagSource): Promise<void> {
    if (!('rule' in source)) return
    await rules.check(source.rule, { path: 'source.rule' }, tx)
    const seen = new Set<string>()
    let waiting: Rule[] = [source.rule]
    while (waiting.length > 0) {
      const used = (await Promise.all(waiting.map((rule) => rules.tagsUsed(rule, tx)))).flat()
      if (used.includes(key)) {
        throw tagError('TAG_CYCLE', { key }, [
          { path: 'source.rule', code: 'TAG_CYCLE', message: 'leads back to this tag' },
        ])
      }
      const next = [...new Set(used)].filter((one) => !seen.has(one))
      for (const one of next) seen.add(one)
      const found = await store.findTags(tx, next)
      waiting = found.flatMap((row) => ('rule' in row.source ? [row.source.rule] : []))
    }
  }

  async function create(caller: Caller, input: CreateTag): Promise<Tag> {
    return pg.transaction(async (tx) => {
      await checkSource(tx, input.key, input.source)
      const row = await store.insertTag(tx, input, caller, clock.now())
      if (!row) {
        throw tagError('TAG_KEY_TAKEN', { key: input.key }, [
          { path: 'key', code: 'TAG_KEY_TAKEN', message: 'is taken' },
        ])
      }
      await store.insertVersion(tx, row, caller.username, clock.now())
      await record(tx, caller, 'tag.create', row, undefined)
      await enqueue(row.key, caller.username, tx)
      return store.describeTag(row)
    })
  }

  async function change(caller: Caller, key: string, input: ChangeTag): Promise<Tag> {
    return pg.transaction(async (tx) => {
      const before = await store.lockTag(tx, key)
      if (before?.state !== 'active') throw tagError('TAG_NOT_FOUND', { key })
      await checkSource(tx, key, input.source)
      const areValuesKept = before.type === input.type && isDeepStrictEqual(before.source, input.source)
      const row = await store.updateTag(tx, key, input, areValuesKept, clock.now())
      if (!row) throw tagError('TAG_NOT_FOUND', { key })
      await store.insertVersion(tx, row, caller.username, clock.now())
      await record(tx, caller, 'tag.change', row, before)
      if (!areValuesKept) await enqueue(key, caller.username, tx)
      return store.describeTag(row)
    })
  }

  async function uses(key: string): Promise<TagUse[]> {
    const found = await Promise.all([ruleTags('tag', key), ...users.map((usesOf) => usesOf('tag', key))])
    return found.flat()
  }

  const ruleTags: UsesOf = async (kind, key) =>
    (await store.listTagsUsing(pg, kind, key)).map((row) => ({
      type: 'tag',
      key: row.key,
      name: row.name.zh,
    }))

  async function remove(caller: Caller, key: string): Promise<void> {
    const before = await get(key)
    const found = await uses(key)
    if (found.length > 0) {
      throw tagError('TAG_IN_USE', { key, uses: found.map((use) => `${use.type} ${use.key}`).join(', ') })
    }
    await pg.transaction(async (tx) => {
      await store.retireTag(tx, key, clock.now())
      await record(tx, caller, 'tag.delete', undefined, before)
    })
  }

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    after?: store.TagRow,
    before?: store.TagRow,
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'tag',
      objectId: (after ?? before)?.key ?? '',
      before: before && store.definitionOf(before),
      after: after && store.definitionOf(after),
    })

  return {
    create,
    change,
    remove,
    uses,
    get: async (key: string): Promise<Tag> => store.describeTag(await get(key)),
    list: (query: z.output<typeof TagQuery>) => store.listTags(pg, query),
    async versions(key: string) {
      await get(key)
      return store.listVersions(pg, key)
    },
    /** Puts a refresh in the queue; gives the job. */
    async enqueueRefresh(caller: Caller, key: string): Promise<string> {
      await get(key)
      return enqueue(key, caller.username)
    },
    /** Computes a tag now, in this process. */
    refresh: refresher.refresh,
    refreshDue: due.refreshDue,
    clean: due.clean,
    async distribution(scope: OrgScope, key: string) {
      await refresher.computeMissing([key])
      return readDistribution({ ch, rules }, scope, await get(key))
    },
    tagsOfCustomer: (customerId: number, options: { includeC2: boolean }) =>
      readTagsOfCustomer({ pg, ch }, customerId, options),
    /** Another feature says here what of its own uses a tag. */
    addUses(usesOf: UsesOf): void {
      users.push(usesOf)
    },
    /** Tags that use a tag, a segment or an event. */
    usesOf: ruleTags,
  }
}
