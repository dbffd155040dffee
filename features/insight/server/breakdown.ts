import {
  type Breakdown,
  type CustomerBreakdown,
  type Group,
  groupOf,
  noGroup,
  otherGroups,
} from '#features/insight/common/frame.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import type { InsightContext } from '#features/insight/server/analysis.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { eventProperty, tagRowsSql } from '#features/rules/server/index.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

/** A division of customers: rows (customer_id, item), an id at most once; who is missing has no group. */
export type CustomerGroups = { rows: Sql; labels: ReadonlyMap<string, string> }

async function tagGroups(context: InsightContext, key: string): Promise<CustomerGroups> {
  const found = await context.pg.first<{ class: string }>(
    sql`SELECT t.class FROM tag AS t WHERE t.key = ${key}`,
  )
  if (found?.class === 'C2' && !context.mayReadBalances)
    throw insightError('INSIGHT_BALANCE_NEEDED', { tag: key })
  const { tags } = await context.rules.prepare(context.scope, { tag: key, is: 'exists' })
  const { refreshId, hasRecent = false } = (tags.get(key) ?? {}) as {
    refreshId?: number | null
    hasRecent?: boolean
  }
  const values = tagRowsSql({ key, refreshId: refreshId ?? 0, hasRecent })
  const rows = sql`
    SELECT v.customer_id AS customer_id, any(concat('v', v.value)) AS item FROM (${values}) AS v GROUP BY v.customer_id`
  return { rows, labels: new Map() }
}

async function segmentGroups({ rules, scope }: InsightContext, segment: string): Promise<CustomerGroups> {
  const members = await rules.memberIdsSql(scope, { segment })
  const rows = sql`
    SELECT m.customer_id AS customer_id, concat('v', ${typed('String', segment)}) AS item FROM (${members}) AS m`
  return { rows, labels: new Map() }
}

type UnitRow = { org_id: number; code: string; name: string }

/** Units of a level with all units below them. */
async function orgGroups({ pg, scope }: InsightContext, level: string): Promise<CustomerGroups> {
  const units = await pg.query<UnitRow>(sql`
    SELECT u.org_id, a.code, a.name FROM org_unit_current AS u
    JOIN org_unit_current AS a ON a.org_id = ANY(u.path) AND a.kind = ${level} ORDER BY u.org_id`)
  const ids = typed(
    'Array(UInt32)',
    units.map((unit) => unit.org_id),
  )
  const items = typed(
    'Array(String)',
    units.map((unit) => groupOf(unit.code)),
  )
  const item = units.length === 0 ? sql`'-'` : sql`transform(c.org_id, ${ids}, ${items}, '-')`
  const rows = sql`
    SELECT c.customer_id AS customer_id, ${item} AS item FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')}`
  return { rows, labels: new Map(units.map((unit) => [groupOf(unit.code), unit.name])) }
}

/** The groups a division makes of the customers in scope. */
export function customerGroups(context: InsightContext, by: CustomerBreakdown): Promise<CustomerGroups> {
  if ('tag' in by) return tagGroups(context, by.tag)
  return 'segment' in by ? segmentGroups(context, by.segment) : orgGroups(context, by.org)
}

/** The group of an event row with the alias e by one of its properties. */
export function propertyItem(name: string): Sql {
  const { text, isPresent } = eventProperty(name)
  return sql`if(${isPresent}, concat('v', ${text}), '-')`
}

/** Joins groups to rows with the alias `x`: a fragment after FROM, and the group of a row. */
export const joinGroups = (groups: CustomerGroups | undefined): { join: Sql; item: Sql } =>
  groups
    ? {
        join: sql`LEFT JOIN (${groups.rows}) AS g ON g.customer_id = x.customer_id`,
        item: sql`if(g.item = '', '-', g.item)`,
      }
    : { join: sql``, item: sql`'-'` }

/** The groups by customer of a breakdown, if it is one by customer. */
export const groupsOf = async (
  context: InsightContext,
  by: Breakdown | undefined,
): Promise<CustomerGroups | undefined> => (by && !('prop' in by) ? customerGroups(context, by) : undefined)

/** Which groups are shown: the largest, ties by name; all others are told as one. */
export function shownGroups(
  sizes: ReadonlyMap<string, number>,
  top: number,
  labels: ReadonlyMap<string, string> = new Map(),
): { shown: Group[]; others: { groups: number } | null; fold(item: string): string } {
  const sorted = [...sizes].sort(
    ([one, size], [other, otherSize]) => otherSize - size || (one < other ? -1 : 1),
  )
  const kept = sorted.slice(0, top).map(([item]) => item)
  const isShown = new Set(kept)
  return {
    shown: kept.map((item) => ({ item, label: labels.get(item) ?? null })),
    others: sorted.length > top ? { groups: sorted.length - top } : null,
    fold: (item) => (isShown.has(item) ? item : otherGroups),
  }
}

/** Whether a group is the one a cell names: itself, or all but those shown. */
export function isGroup(item: Sql, cell: { item?: string | undefined; not?: string[] | undefined }): Sql {
  if (cell.item === undefined) return sql`1`
  if (cell.item === otherGroups) return sql`${item} NOT IN ${typed('Array(String)', cell.not ?? [])}`
  return sql`${item} = ${typed('String', cell.item)}`
}

/** The rule of a group, where one says the same; undefined where none does, null for no condition. */
export function ruleOfGroup(by: Breakdown | undefined, item: string | undefined): Rule | null | undefined {
  if (!by || item === undefined) return null
  if (item === otherGroups || 'prop' in by) return undefined
  if ('segment' in by) return item === noGroup ? { not: { segment: by.segment } } : { segment: by.segment }
  if ('org' in by) return undefined
  if (item === noGroup) return { not: { tag: by.tag, is: 'exists' } }
  return { tag: by.tag, is: 'eq', value: item.slice(1) }
}
