import type { z } from 'zod'
import type { Approvals } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { Tag, TagQuery, TagUse } from '#features/tags/common/tag.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import { createCustomerTags } from '#features/tags/server/customer-tags.ts'
import { createSimilarCustomers } from '#features/tags/server/similar-customers.ts'
import { createTagBulk } from '#features/tags/server/tag-bulk.ts'
import { createTagCatalogue } from '#features/tags/server/tag-catalogue.ts'
import { catalogueCsv } from '#features/tags/server/tag-csv.ts'
import { createTagDirectories } from '#features/tags/server/tag-directories.ts'
import { createTagLineage } from '#features/tags/server/tag-lineage.ts'
import * as store from '#features/tags/server/tag-store.ts'
import { createTagTemplates } from '#features/tags/server/tag-templates.ts'
import { createTagUses } from '#features/tags/server/tag-uses.ts'
import { createTagTrial } from '#features/tags/server/try-tag.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type TagDefinitionDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  approvals: Pick<Approvals, 'define' | 'submit' | 'withdraw'>
  customers: Pick<Customers, 'names'>
  rules: Rules
  /** Puts the computation of a tag in the queue. */
  enqueue(key: string, by: string, tx: PgRunner): Promise<string>
}

/** Everything about tags but computing them: the catalogue, what they are made of, and what they say of one customer. */
export function createTagDefinitions(deps: TagDefinitionDeps) {
  const { pg, clock } = deps
  const uses = createTagUses(deps)
  const directories = createTagDirectories(deps)
  const catalogue = createTagCatalogue({ ...deps, directories, uses })
  const lineage = createTagLineage({ pg, uses })
  const customerTags = createCustomerTags({ ...deps, folders: () => directories.paths() })

  async function getAny(key: string): Promise<store.TagRow> {
    const row = await store.findAnyTag(pg, key)
    if (!row) throw tagError('TAG_NOT_FOUND', { key })
    return row
  }

  const whereOf = async (query: store.TagFilter) =>
    store.filterSql(query, query.used ? await uses.usedTags() : undefined)

  return {
    uses,
    directories,
    customerTags,
    create: catalogue.create,
    change: catalogue.change,
    submit: catalogue.submit,
    withdraw: catalogue.withdraw,
    retire: catalogue.retire,
    remove: catalogue.remove,
    bulk: createTagBulk({ ...deps, catalogue, directories, uses }),
    templates: createTagTemplates({ ...deps, catalogue, directories }),
    tryOn: createTagTrial(deps),
    similar: createSimilarCustomers({ ...deps, customerTags }),
    async get(key: string): Promise<Tag> {
      return catalogue.describe(await getAny(key))
    },
    async list(query: z.output<typeof TagQuery>, options: { includeC2: boolean }) {
      const [where, paths] = await Promise.all([whereOf(query), directories.paths()])
      return store.listTags(pg, where, { ...query, ...options }, (row) =>
        store.describeTag(row, paths, clock.now()),
      )
    },
    count: async (query: store.TagFilter) => ({ count: await store.countTags(pg, await whereOf(query)) }),
    async csv(query: store.TagFilter): Promise<string> {
      const [where, paths] = await Promise.all([whereOf(query), directories.paths()])
      const rows = await store.readTags(pg, where)
      return catalogueCsv(rows.map((row) => store.describeTag(row, paths, clock.now())))
    },
    async versions(key: string) {
      await getAny(key)
      return store.listVersions(pg, key)
    },
    async usesOfTag(key: string): Promise<TagUse[]> {
      await getAny(key)
      return uses.of('tag', key)
    },
    lineage: async (key: string) => lineage.lineage(await getAny(key)),
    async impact(key: string) {
      await getAny(key)
      return lineage.impact(key)
    },
    fillSearch: () => store.fillSearch(pg),
  }
}
export type TagDefinitions = ReturnType<typeof createTagDefinitions>
