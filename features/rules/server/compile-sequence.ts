import { type Span, spanOf } from '#features/rules/common/bank-time.ts'
import { durationMs, splitWhere } from '#features/rules/common/evaluate-sequence.ts'
import type { SequenceLeaf, StepReference } from '#features/rules/common/rule.ts'
import { eventProperty, referenceSql, whereSql } from '#features/rules/server/condition-sql.ts'
import { eventsSql } from '#features/rules/server/event-rows.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import { identifier, joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

const numbered = (name: string, index: number): Sql => identifier(`${name}_${index}`)

type Step = { meets: Sql; references: StepReference[]; name: string }

const stepsOf = ({ sequence }: SequenceLeaf): Step[] =>
  sequence.map((step) => {
    const { own, references } = splitWhere(step)
    const meets = sql`(e.name = ${typed('String', step.did)} AND ${whereSql(own)})`
    return { meets, references, name: step.did }
  })

/** What all rows of a sequence have: whose, the shared value (empty where none is asked for), when. */
function sharedColumns({ same }: SequenceLeaf): { columns: Sql; isThere: Sql } {
  const shared = same === undefined ? undefined : eventProperty(same)
  return {
    columns: sql`e.customer_id AS customer_id, ${shared?.text ?? sql`''`} AS same, toUnixTimestamp64Milli(e.occurred_at) AS at`,
    isThere: shared?.isPresent ?? sql`1`,
  }
}

const isInTime = (leaf: SequenceLeaf, last: Sql, first: Sql): Sql =>
  leaf.duration ? sql`${last} - ${first} <= ${typed('Int64', durationMs(leaf.duration))}` : sql`1`

/**
 * Without comparisons between steps: of all chains that end in an event, only the one that began last matters, and it is a
 * running maximum over strictly earlier events, step by step.
 */
function byWindows(leaf: SequenceLeaf, steps: readonly Step[], span: Span, context: RuleContext): Sql {
  const { columns, isThere } = sharedColumns(leaf)
  const flags = steps.map((step, index) => sql`, ${step.meets} AS ${numbered('meets', index)}`)
  const names = [...new Set(steps.map((step) => step.name))]
  const meetsAny = joinSql(
    steps.map((step) => step.meets),
    sql` OR `,
  )
  const events = sql`
    SELECT ${columns}${joinSql(flags, sql``)} FROM event AS e FINAL ${eventsSql(names, span, context)}
    AND ${isThere} AND (${meetsAny})`
  const chained = steps.reduce<Sql>((inner, _step, index) => {
    const began =
      index === 0
        ? sql`s.at`
        : sql`max(s.${numbered('began', index - 1)}) OVER (PARTITION BY s.customer_id, s.same ORDER BY s.at
            RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
    return sql`
      SELECT s.*, if(s.${numbered('meets', index)}, ${began}, CAST(NULL, 'Nullable(Int64)')) AS ${numbered('began', index)}
      FROM (${inner}) AS s`
  }, events)
  const first = sql`c.${numbered('began', steps.length - 1)}`
  return sql`
    SELECT c.customer_id AS customer_id FROM (${chained}) AS c
    WHERE isNotNull(${first}) AND ${isInTime(leaf, sql`c.at`, sql`assumeNotNull(${first})`)}`
}

/** The properties of a step that later steps look at. */
const lookedAt = (steps: readonly Step[], at: number): string[] => [
  ...new Set(steps.flatMap(({ references }) => references.flatMap((one) => (one.step === at ? one.of : [])))),
]

const nullable = (prop: string): Sql => {
  const { text, isPresent } = eventProperty(prop)
  return sql`if(${isPresent}, ${text}, CAST(NULL, 'Nullable(String)'))`
}

const lookedAtColumn = (step: number, index: number): Sql => identifier(`of_${step}_${index}`)

/** The events of one step, with what it compares and what later steps look at. */
function stepRows(leaf: SequenceLeaf, steps: readonly Step[], at: number, span: Span, context: RuleContext) {
  const { columns, isThere } = sharedColumns(leaf)
  const { meets, references, name } = steps[at]!
  const own = references.map((one, index) => sql`, ${nullable(one.prop)} AS ${numbered('own', index)}`)
  const shown = lookedAt(steps, at).map(
    (prop, index) => sql`, ${nullable(prop)} AS ${lookedAtColumn(at, index)}`,
  )
  return sql`
    SELECT ${columns}${joinSql([...own, ...shown], sql``)} FROM event AS e FINAL ${eventsSql(name, span, context)}
    AND ${isThere} AND ${meets}`
}

/**
 * With comparisons between steps: pairs of a chain and a later event of the customer, of which those that end the same, and
 * hold the same values to be looked at, are one that began last.
 */
function byJoins(leaf: SequenceLeaf, steps: readonly Step[], span: Span, context: RuleContext): Sql {
  const columnsOf = (at: number): Sql[] =>
    lookedAt(steps, at).map((_prop, index) => lookedAtColumn(at, index))
  const kept = (until: number) => steps.slice(0, until).flatMap((_step, at) => columnsOf(at))
  const list = (alias: Sql, columns: readonly Sql[]): Sql =>
    joinSql(
      columns.map((column) => sql`, ${alias}.${column} AS ${column}`),
      sql``,
    )
  const start = sql`
    SELECT f.customer_id AS customer_id, f.same AS same, f.at AS at, f.at AS began${list(sql`f`, columnsOf(0))}
    FROM (${stepRows(leaf, steps, 0, span, context)}) AS f`
  const chained = steps.slice(1).reduce<Sql>((inner, step, before) => {
    const at = before + 1
    const compared = step.references.map((one, index) =>
      referenceSql(
        sql`s.${numbered('own', index)}`,
        one.is,
        sql`c.${lookedAtColumn(one.step, lookedAt(steps, one.step).indexOf(one.of))}`,
      ),
    )
    const carried = [
      ...kept(at).map((column) => sql`c.${column}`),
      ...columnsOf(at).map((column) => sql`s.${column}`),
    ]
    const groups = joinSql([sql`s.customer_id`, sql`s.same`, sql`s.at`, ...carried], sql`, `)
    return sql`
      SELECT s.customer_id AS customer_id, s.same AS same, s.at AS at, max(c.began) AS began${list(sql`c`, kept(at))}${list(sql`s`, columnsOf(at))}
      FROM (${inner}) AS c JOIN (${stepRows(leaf, steps, at, span, context)}) AS s
        ON c.customer_id = s.customer_id AND c.same = s.same
      WHERE ${joinSql([sql`s.at > c.at`, isInTime(leaf, sql`s.at`, sql`c.began`), ...compared], sql` AND `)}
      GROUP BY ${groups}`
  }, start)
  return sql`SELECT c.customer_id AS customer_id FROM (${chained}) AS c`
}

/** Rows (customer_id) of those with such a sequence of events. */
export function sequenceSql(leaf: SequenceLeaf, context: RuleContext): Sql {
  const steps = stepsOf(leaf)
  const span = spanOf(leaf.within, context.now, context.timeZone)
  const compares = steps.some((step) => step.references.length > 0)
  return compares ? byJoins(leaf, steps, span, context) : byWindows(leaf, steps, span, context)
}
