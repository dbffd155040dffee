import { addDays, startOfDate } from '#features/rules/common/bank-time.ts'
import { type CustomerFacts, pastTagKey } from '#features/rules/common/evaluate-rule.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleKeys } from '#features/rules/common/walk-rule.ts'
import { instant } from '#features/rules/server/event-rows.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import type { PlacedLeaf } from '#features/rules/server/rule-tree.ts'
import { tagRowsSql } from '#features/rules/server/tag-rows.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type Asked = { ch: ClickHouse; context: RuleContext; customerId: number }

/** Reads all that a rule may ask of one customer. */
export async function readCustomerFacts(
  ch: ClickHouse,
  rule: Rule,
  leaves: readonly PlacedLeaf[],
  context: RuleContext,
  customerId: number,
): Promise<CustomerFacts> {
  const events = new Set([rule, ...context.segments.values()].flatMap((one) => [...ruleKeys(one).events]))
  const asked = { ch, context, customerId }
  const [own, tags, pastTags, lists, happened] = await Promise.all([
    readOwn(asked),
    readTags(asked),
    readPastTags(asked, leaves),
    readLists(asked),
    readEvents(asked, [...events]),
  ])
  return { ...own, tags, pastTags, lists, events: happened }
}

const idOf = ({ customerId }: Asked) => typed('UInt32', customerId)

async function readOwn(asked: Asked) {
  const row = await asked.ch.first<{ no: string; org: number; attributes: Record<string, string> }>(sql`
    SELECT c.customer_no AS no, c.org_id AS org, c.attributes AS attributes
    FROM customer AS c FINAL WHERE c.customer_id = ${idOf(asked)}`)
  const attributes = new Map(Object.entries(row?.attributes ?? {}))
  return { customerNo: row?.no ?? '', orgId: row?.org ?? 0, attributes }
}

/** One query of one row a part, or nothing where there is no part. */
const united = async <R>({ ch }: Asked, parts: readonly Sql[]): Promise<R[]> =>
  parts.length === 0 ? [] : ch.query<R>(joinSql(parts, sql` UNION ALL `))

async function readTags(asked: Asked) {
  const parts = [...asked.context.tags].flatMap(([key, { refreshId, hasRecent }]) =>
    refreshId === null
      ? []
      : [
          sql`
            SELECT ${typed('String', key)} AS tag, r.value AS value FROM (${tagRowsSql({ key, refreshId, hasRecent })}) AS r
            WHERE r.customer_id = ${idOf(asked)} LIMIT 1`,
        ],
  )
  const rows = await united<{ tag: string; value: string }>(asked, parts)
  return new Map(rows.map((row) => [row.tag, row.value]))
}

async function readPastTags(asked: Asked, leaves: readonly PlacedLeaf[]) {
  const parts = leaves.flatMap(({ leaf }) => {
    if (!('tag' in leaf) || leaf.at === undefined) return []
    const end = startOfDate(addDays(leaf.at, 1), asked.context.timeZone)
    return [
      sql`
        SELECT ${typed('String', pastTagKey(leaf.tag, leaf.at))} AS key, h.value AS value FROM tag_change AS h FINAL
        WHERE h.tag = ${typed('String', leaf.tag)} AND h.customer_id = ${idOf(asked)} AND h.at < ${instant(end)}
        ORDER BY h.at DESC LIMIT 1`,
    ]
  })
  const rows = await united<{ key: string; value: string | null }>(asked, parts)
  return new Map(rows.flatMap(({ key, value }): [string, string][] => (value === null ? [] : [[key, value]])))
}

async function readLists(asked: Asked) {
  const versions = [...asked.context.lists]
  if (versions.length === 0) return new Set<string>()
  const wanted = versions.map(
    ([key, version]) => sql`(${typed('String', key)}, ${typed('UInt32', version)}, ${idOf(asked)})`,
  )
  const rows = await asked.ch.query<{ list: string }>(sql`
    SELECT DISTINCT l.list AS list FROM list_member AS l
    WHERE (l.list, l.version, l.customer_id) IN (${joinSql(wanted, sql`, `)})`)
  return new Set(rows.map((row) => row.list))
}

async function readEvents(asked: Asked, names: readonly string[]) {
  if (names.length === 0) return []
  const rows = await asked.ch.query<{
    name: string
    msg: string
    at: string
    props: Record<string, string>
  }>(sql`
    SELECT e.name AS name, toString(e.msg) AS msg, toUnixTimestamp64Milli(e.occurred_at) AS at, e.props AS props
    FROM event AS e FINAL
    WHERE e.name IN ${typed('Array(String)', names)} AND e.customer_id = ${idOf(asked)}`)
  return rows.map((row) => ({
    name: row.name,
    msg: row.msg,
    occurredAtMs: Number(row.at),
    props: new Map(Object.entries(row.props)),
  }))
}
