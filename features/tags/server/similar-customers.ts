import type { CustomerTag, SimilarCustomers } from '#features/customers/common/customer-tags.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import {
  type CustomerTags,
  type ReadableTag,
  readableTags,
  rowsOfTags,
} from '#features/tags/server/customer-tags.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, type TypedValue, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Compared by at most so many tags of each sort: those that tell most about this customer. */
const mostValues = 24
const mostNumbers = 12
/** Found by shared values first, then looked at closely. */
const mostCandidates = 2000
const mostReasons = 5
const bounded = { maxExecutionMs: 10_000 } as const

type Base = { tag: string; base: string; alike: string; spread: number | null }
type Scored = { customer_id: number; score: number; tags: string[]; values: string[]; parts: number[] }
type Compared = { tag: ReadableTag; value: string; weight: number; spread: number }

const strings = (values: readonly string[]) => typed('Array(String)', [...values])
const numbers = (values: readonly number[]) => typed('Array(Float64)', [...values])

/** What to look up by a row's tag: an array beside the array of the keys. */
const lookUp = (keys: TypedValue, values: TypedValue): Sql =>
  sql`arrayElement(${values}, indexOf(${keys}, r.tag))`

/** Customers like one: by shared values, rare ones counting more, and by near numbers, in spreads of the whole scope. */
export function createSimilarCustomers(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  rules: Pick<Rules, 'universeSql'>
  customers: Pick<Customers, 'names'>
  customerTags: CustomerTags
}) {
  const { pg, ch, clock, rules, customers, customerTags } = deps

  /** What is compared: values that are no numbers and numbers, false and dates left out: they say little. */
  async function pick(customerId: number, options: { includeC2: boolean }) {
    const [values, tags] = await Promise.all([
      customerTags.list(customerId, options),
      readableTags(pg, options),
    ])
    const tagOf = new Map(tags.map((tag) => [tag.key, tag]))
    const telling = (value: CustomerTag) =>
      value.type === 'enum' || value.type === 'number' || (value.type === 'bool' && value.value === 'true')
    return values.filter(telling).flatMap((value) => {
      const tag = tagOf.get(value.key)
      return tag ? [{ tag, value: value.value }] : []
    })
  }

  /** How rare each value is, and how far each number spreads, in the scope. */
  async function weigh(
    picked: readonly { tag: ReadableTag; value: string }[],
    universe: Sql,
  ): Promise<Compared[]> {
    const keys = strings(picked.map(({ tag }) => tag.key))
    const mine = lookUp(keys, strings(picked.map(({ value }) => value)))
    const rows = await ch.query<Base>(
      sql`
      SELECT r.tag AS tag, count() AS base, countIf(r.value = ${mine}) AS alike, stddevPop(r.number) AS spread
      FROM (${rowsOfTags(picked.map(({ tag }) => tag))}) AS r WHERE r.customer_id IN (${universe}) GROUP BY r.tag`,
      bounded,
    )
    const of = new Map(rows.map((row) => [row.tag, row]))
    return picked.flatMap(({ tag, value }): Compared[] => {
      const row = of.get(tag.key)
      if (!row) return []
      const rarity = Math.log2((Number(row.base) + 1) / (Number(row.alike) + 0.5))
      if (tag.type === 'number') return row.spread ? [{ tag, value, weight: 2, spread: row.spread }] : []
      return rarity > 0.05 ? [{ tag, value, weight: Math.min(rarity, 10), spread: 0 }] : []
    })
  }

  async function candidates(
    compared: readonly Compared[],
    customerId: number,
    universe: Sql,
  ): Promise<number[]> {
    if (compared.length === 0) return []
    const keys = strings(compared.map(({ tag }) => tag.key))
    const mine = lookUp(keys, strings(compared.map(({ value }) => value)))
    const weight = lookUp(keys, numbers(compared.map((one) => one.weight)))
    const rows = await ch.query<{ customer_id: number }>(
      sql`
      SELECT r.customer_id AS customer_id, sum(${weight}) AS score FROM (${rowsOfTags(compared.map(({ tag }) => tag))}) AS r
      WHERE r.value = ${mine} AND r.customer_id != ${typed('UInt32', customerId)} AND r.customer_id IN (${universe})
      GROUP BY r.customer_id ORDER BY score DESC, customer_id LIMIT ${typed('UInt32', mostCandidates)}`,
      bounded,
    )
    return rows.map((row) => row.customer_id)
  }

  async function score(
    compared: readonly Compared[],
    ids: readonly number[],
    limit: number,
  ): Promise<Scored[]> {
    const keys = strings(compared.map(({ tag }) => tag.key))
    const mine = lookUp(keys, strings(compared.map(({ value }) => value)))
    const weight = lookUp(keys, numbers(compared.map((one) => one.weight)))
    const spread = lookUp(keys, numbers(compared.map((one) => one.spread)))
    const near = sql`exp(-abs(ifNull(r.number, 0) - toFloat64OrZero(${mine})) / ${spread})`
    return ch.query<Scored>(
      sql`
      SELECT s.customer_id AS customer_id, sum(s.part) AS score, groupArray(s.tag) AS tags, groupArray(s.value) AS values,
        groupArray(s.part) AS parts
      FROM (
        SELECT r.customer_id AS customer_id, r.tag AS tag, r.value AS value,
          ${weight} * if(${spread} > 0, ${near}, toFloat64(r.value = ${mine})) AS part
        FROM (${rowsOfTags(compared.map(({ tag }) => tag))}) AS r
        WHERE r.customer_id IN ${typed('Array(UInt32)', [...ids])}
      ) AS s
      GROUP BY s.customer_id ORDER BY score DESC, customer_id LIMIT ${typed('UInt32', limit)}`,
      bounded,
    )
  }

  const strongest = (compared: readonly Compared[], isNumber: boolean, most: number): Compared[] =>
    compared
      .filter(({ tag }) => (tag.type === 'number') === isNumber)
      .sort((one, other) => other.weight - one.weight)
      .slice(0, most)

  return async (
    scope: OrgScope,
    customerId: number,
    options: { includeC2: boolean; limit: number },
  ): Promise<SimilarCustomers> => {
    const asOf = clock.now().toISOString()
    const picked = await pick(customerId, options)
    const universe = rules.universeSql(scope)
    const weighed = picked.length === 0 ? [] : await weigh(picked, universe)
    const values = strongest(weighed, false, mostValues)
    const compared = [...values, ...strongest(weighed, true, mostNumbers)]
    const ids = await candidates(values, customerId, universe)
    const found = ids.length === 0 ? [] : await score(compared, ids, options.limit)
    const names = await customers.names(
      scope,
      found.map((row) => row.customer_id),
    )
    const total = compared.reduce((sum, one) => sum + one.weight, 0)
    return {
      items: found.flatMap((row) => {
        const who = names.get(row.customer_id)
        if (!who) return []
        return {
          customerNo: who.customerNo,
          name: who.name,
          orgName: who.orgName,
          similarity: total === 0 ? 0 : Math.round((row.score / total) * 1000) / 1000,
          reasons: reasonsOf(row, compared),
        }
      }),
      comparedBy: compared.map(({ tag }) => ({ key: tag.key, name: tag.name })),
      asOf,
    }
  }
}

/** What makes two alike, the weightiest first. */
function reasonsOf(row: Scored, compared: readonly Compared[]) {
  const of = new Map(compared.map((one) => [one.tag.key, one]))
  return row.tags
    .map((key, index) => ({ key, theirs: row.values[index] ?? '', part: row.parts[index] ?? 0 }))
    .filter(({ key, part }) => part > (of.get(key)?.weight ?? 0) / 2)
    .sort((one, other) => other.part - one.part || (one.key < other.key ? -1 : 1))
    .slice(0, mostReasons)
    .flatMap(({ key, theirs }) => {
      const one = of.get(key)
      return one ? [{ key, name: one.tag.name, type: one.tag.type, value: one.value, theirs }] : []
    })
}
