import { type Sql, sql } from '#platform/common/sql.ts'

export type { ComputedTag, TagTime } from '#features/tags/server/tag-item.ts'

/** Writes the values that are there. */
export const insertValues = (items: Sql): Sql => sql`
  INSERT INTO tag_value (tag, refresh_id, customer_id, value, number)
  SELECT tupleElement(i.item, 1), tupleElement(i.item, 2), i.customer_id, assumeNotNull(tupleElement(i.item, 5)),
    if(tupleElement(i.item, 3) = 1, toFloat64OrNull(tupleElement(i.item, 5)), NULL)
  FROM (${items}) AS i WHERE isNotNull(tupleElement(i.item, 5))`

/** Customers per tag whose source said something that is no value: rows (tag, unreadable). */
export const countUnreadable = (items: Sql): Sql => sql`
  SELECT tupleElement(i.item, 1) AS tag, count() AS unreadable FROM (${items}) AS i
  WHERE isNotNull(tupleElement(i.item, 4)) AND isNull(tupleElement(i.item, 5)) GROUP BY tag`
