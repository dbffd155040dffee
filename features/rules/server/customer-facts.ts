import type { CustomerFacts } from '#features/rules/common/evaluate-rule.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleKeys } from '#features/rules/common/walk-rule.ts'
import type { RuleContext } from '#features/rules/server/compile-rule.ts'
import { joinSql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** Reads all that a rule may ask of one customer. */
export async function readCustomerFacts(
  ch: ClickHouse,
  rule: Rule,
  context: RuleContext,
  customerId: number,
): Promise<CustomerFacts> {
  const events = new Set([rule, ...context.segments.values()].flatMap((one) => [...ruleKeys(one).events]))
  const [tags, happened] = await Promise.all([
    readTags(ch, context, customerId),
    readEvents(ch, [...events], customerId),
  ])
  return { tags, events: happened }
}

async function readTags(ch: ClickHouse, { tags }: RuleContext, customerId: number) {
  const refreshes = [...tags].flatMap(([key, { refreshId }]) =>
    refreshId === null ? [] : [{ key, refreshId }],
  )
  if (refreshes.length === 0) return new Map<string, string>()
  const keys = refreshes.map(
    ({ key, refreshId }) =>
      sql`(${typed('String', key)}, ${typed('UInt64', refreshId)}, ${typed('UInt32', customerId)})`,
  )
  const rows = await ch.query<{ tag: string; value: string }>(sql`
    SELECT v.tag AS tag, v.value AS value FROM tag_value AS v
    WHERE (v.tag, v.refresh_id, v.customer_id) IN (${joinSql(keys, sql`, `)})`)
  return new Map(rows.map((row) => [row.tag, row.value]))
}

async function readEvents(ch: ClickHouse, names: readonly string[], customerId: number) {
  if (names.length === 0) return []
  const rows = await ch.query<{ name: string; msg: string; at: string; props: Record<string, string> }>(sql`
    SELECT e.name AS name, toString(e.msg) AS msg, toUnixTimestamp64Milli(e.occurred_at) AS at, e.props AS props
    FROM event AS e FINAL
    WHERE e.name IN ${typed('Array(String)', names)} AND e.customer_id = ${typed('UInt32', customerId)}`)
  return rows.map((row) => ({
    name: row.name,
    msg: row.msg,
    occurredAtMs: Number(row.at),
    props: new Map(Object.entries(row.props)),
  }))
}
