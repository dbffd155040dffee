import { tagRowsSql } from '#features/rules/server/index.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { floats } from '#features/tags/server/kinds/number-sql.ts'
import { amongSql } from '#features/tags/server/kinds/universe.ts'
import { checkUsedTag, tagTypesOf, usedTag, usedTags } from '#features/tags/server/kinds/used-tags.ts'
import { itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { sql, typed } from '#platform/common/sql.ts'

/** The band a number tag's value lies in; all over one tag share a read of it. */
export const bandsKind: TagKind<SourceByKind['bands']> = {
  group: ({ bands }) => `bands:${bands.tag}`,
  inputs: ({ bands }) => ({ ...noInputs, tags: [bands.tag] }),
  mayMiss: () => false,
  async check({ bands }, _type, context) {
    checkUsedTag(await tagTypesOf(context, [bands.tag]), bands.tag, ['number'], 'source.bands.tag')
  },
  async items(tags, context) {
    const key = tags[0]?.source.bands.tag ?? ''
    const rows = tagRowsSql(usedTag(await usedTags(context, [key]), key))
    const items = tags.map((tag) => {
      const { cuts, labels } = tag.source.bands
      const band = sql`1 + arrayCount(cut -> cut <= assumeNotNull(r.number), ${floats(cuts)})`
      const text = sql`arrayElement(${typed('Array(String)', labels)}, ${band})`
      return itemOf(tag, { text, isValue: true }, context.time.timeZone)
    })
    return sql`
      SELECT r.customer_id AS customer_id, ${itemsOf(items)} FROM (${rows}) AS r
      WHERE isNotNull(r.number) AND ${amongSql(context, sql`r.customer_id`)}`
  },
}
