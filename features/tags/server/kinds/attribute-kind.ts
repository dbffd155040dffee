import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { amongSql } from '#features/tags/server/kinds/universe.ts'
import { itemOf, itemsOf, whereHolds } from '#features/tags/server/tag-item.ts'
import { sql, typed } from '#platform/common/sql.ts'

/** An attribute of the customer. */
export const attributeKind: TagKind<SourceByKind['attribute']> = {
  group: () => 'attribute',
  inputs: () => ({ ...noInputs, reads: ['attribute'] }),
  mayMiss: (_source, type) => type !== 'enum',
  async items(tags, context) {
    const items = tags.map((tag) => {
      const name = typed('String', tag.source.attribute)
      const text = whereHolds(sql`mapContains(c.attributes, ${name})`, sql`c.attributes[${name}]`)
      return itemOf(tag, { text, isValue: false }, context.time.timeZone)
    })
    return sql`
      SELECT c.customer_id AS customer_id, ${itemsOf(items)} FROM customer AS c FINAL
      WHERE ${amongSql(context, sql`c.customer_id`)}`
  },
}
