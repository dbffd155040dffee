import { tagRowsSql } from '#features/rules/server/index.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import type { KindContext, TagKind } from '#features/tags/server/kinds/kind.ts'
import { ruleInputs } from '#features/tags/server/kinds/rule-inputs.ts'
import { amongSql, everyCustomer } from '#features/tags/server/kinds/universe.ts'
import { type ComputedTag, itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

type LifecycleSource = SourceByKind['lifecycle']
type Machine = LifecycleSource['lifecycle']

const statesOf = ({ initial, transitions }: Machine): string[] => [
  ...new Set([initial, ...transitions.map(({ to }) => to)]),
]

/** The states customers are in: those the tag shows or, where its definition is new, those its history ends with. */
async function statesBefore(tag: ComputedTag<LifecycleSource>, context: KindContext): Promise<Sql> {
  const shown = await context.pg.first<{ refresh_id: number | null; has_recent: boolean }>(sql`
    SELECT t.refresh_id, t.has_recent FROM tag AS t WHERE t.key = ${tag.key} AND t.state = 'active'`)
  const refreshId = shown?.refresh_id ?? null
  const rows =
    refreshId === null
      ? sql`
        SELECT h.customer_id AS customer_id, ifNull(tupleElement(argMax(tuple(h.value), (h.at, h.ver)), 1), '') AS value
        FROM tag_change AS h WHERE h.tag = ${typed('String', tag.key)} AND ${amongSql(context, sql`h.customer_id`)}
        GROUP BY h.customer_id`
      : tagRowsSql({ key: tag.key, refreshId, hasRecent: shown?.has_recent ?? false })
  return sql`
    SELECT b.customer_id AS customer_id, b.value AS value FROM (${rows}) AS b
    WHERE b.value IN ${typed('Array(String)', statesOf(tag.source.lifecycle))} AND ${amongSql(context, sql`b.customer_id`)}`
}

/** The state after one run: that of the first transition from this state whose rule holds. */
function stepFrom(state: Sql, { transitions }: Machine): Sql {
  const branches = transitions.map(
    ({ from, to }, index) =>
      sql`${state} IN ${typed('Array(String)', from)} AND m.holds[${typed('UInt16', index + 1)}] = 1, ${typed('String', to)}`,
  )
  return sql`multiIf(${joinSql(branches, sql`, `)}, ${state})`
}

/** The state of whoever had none. */
function begin(machine: Machine): Sql {
  const initial = sql`${typed('String', machine.initial)}`
  if (!machine.settle) return initial
  const rounds = typed('UInt16', statesOf(machine).length)
  return sql`arrayFold((state, round) -> ${stepFrom(sql`state`, machine)}, range(${rounds}), ${initial})`
}

async function itemsOfOne(tag: ComputedTag<LifecycleSource>, context: KindContext): Promise<Sql> {
  const machine = tag.source.lifecycle
  const holds: Sql[] = []
  for (const { when } of machine.transitions) {
    const members = await context.rules.memberIdsSql(scopeOfEveryone, when, context.among)
    holds.push(sql`u.customer_id IN (${members})`)
  }
  const text = sql`if(m.state = '', ${begin(machine)}, ${stepFrom(sql`m.state`, machine)})`
  const item = itemOf(tag, { text, isValue: true }, context.time.timeZone)
  return sql`
    SELECT m.customer_id AS customer_id, ${itemsOf([item])}
    FROM (
      SELECT u.customer_id AS customer_id, [${joinSql(holds, sql`, `)}] AS holds, b.value AS state
      FROM (${everyCustomer(context)}) AS u
      LEFT JOIN (${await statesBefore(tag, context)}) AS b ON b.customer_id = u.customer_id) AS m`
}

/** A state machine: every customer is in exactly one state. */
export const lifecycleKind: TagKind<LifecycleSource> = {
  group: (source) => `lifecycle:${JSON.stringify(source)}`,
  inputs: ({ lifecycle }) => ruleInputs(lifecycle.transitions.map(({ when }) => when)),
  mayMiss: () => false,
  async check({ lifecycle }, _type, { rules, pg }) {
    for (const [index, { when }] of lifecycle.transitions.entries())
      await rules.check(when, { path: `source.lifecycle.transitions.${index}.when` }, pg)
  },
  async items(tags, context) {
    const parts: Sql[] = []
    for (const tag of tags) parts.push(await itemsOfOne(tag, context))
    return joinSql(parts, sql` UNION ALL `)
  },
}
