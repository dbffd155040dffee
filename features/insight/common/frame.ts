import { z } from 'zod'
import { Rule, Where, Within } from '#features/rules/common/rule.ts'
import { pageOf } from '#platform/common/http.ts'

const Name = z.string().min(1).max(200)

/** The event an analysis looks at, with conditions. */
export const EventFilter = z.strictObject({ event: Name, where: z.array(Where).max(50).optional() })
export type EventFilter = z.infer<typeof EventFilter>

/** What every analysis is asked: when (bank time) and of whom; without an audience, of all customers in scope. */
export const frameShape = { period: Within.default({ days: 30 }), audience: Rule.optional() }
export const FrameQuery = z.strictObject(frameShape)
export type FrameQuery = z.output<typeof FrameQuery>

export const orgLevels = ['branch', 'sub_branch', 'outlet'] as const

/** What divides customers into groups: values of a tag, members of a segment or not, org units of a level. */
const byCustomer = [
  z.strictObject({ tag: Name }),
  z.strictObject({ segment: Name }),
  z.strictObject({ org: z.enum(orgLevels) }),
] as const
export const CustomerBreakdown = z.union(byCustomer)
export type CustomerBreakdown = z.infer<typeof CustomerBreakdown>

/** As above, or values of a property of the event. */
export const Breakdown = z.union([...byCustomer, z.strictObject({ prop: Name })])
export type Breakdown = z.infer<typeof Breakdown>

export const breakdownShape = {
  by: Breakdown.optional(),
  /** So many groups are shown, the largest; all others are added up as one and told. */
  top: z.number().int().min(1).max(50).default(10),
}

/** A length of exact time; a day has 24 hours. */
export const Length = z.union([
  z.strictObject({ days: z.number().positive().max(3660) }),
  z.strictObject({ hours: z.number().positive().max(90_000) }),
  z.strictObject({ minutes: z.number().positive().max(6_000_000) }),
])
export type Length = z.infer<typeof Length>

export const lengthMs = (length: Length): number => {
  if ('days' in length) return Math.round(length.days * 86_400_000)
  return Math.round('hours' in length ? length.hours * 3_600_000 : length.minutes * 60_000)
}

/**
 * A group of a breakdown as text: `v` and its value, `-` for customers or events without one, `+` for all groups beyond
 * the ones shown.
 */
export const noGroup = '-'
export const otherGroups = '+'
export const groupOf = (value: string): string => `v${value}`

/** A group with its words; `label` is null where the value is its own name. */
export const Group = z.object({ item: z.string(), label: z.string().nullable() })
export type Group = z.infer<typeof Group>

/** What every answer says of itself: as of when, whether exact, when and of how many customers. */
export const answerShape = {
  asOf: z.string(),
  exact: z.boolean(),
  period: z.object({ from: z.string().nullable(), to: z.string().nullable() }),
  /** Customers in scope and audience, whether they did anything or not. */
  base: z.number().int(),
}
export const AnswerFrame = z.object(answerShape)
export type AnswerFrame = z.infer<typeof AnswerFrame>

/** How something measured is spread: half-open bins, and values below which so much lies (nearest rank). */
export const Spread = z.object({
  count: z.number().int(),
  min: z.number().nullable(),
  p25: z.number().nullable(),
  median: z.number().nullable(),
  p75: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  bins: z.array(z.object({ from: z.number(), to: z.number(), count: z.number().int() })),
  /** Values are exact to this. */
  resolution: z.number(),
})
export type Spread = z.infer<typeof Spread>

/** A customer behind a number; the name is masked. */
export const CellCustomer = z.object({
  customerNo: z.string(),
  name: z.string().nullable(),
  orgName: z.string(),
  rmName: z.string().nullable(),
})
export const CellCustomers = pageOf(CellCustomer).extend({ count: z.number().int(), asOf: z.string() })
export type CellCustomers = z.infer<typeof CellCustomers>

/** What a number was kept as: a live rule where one says the same, else the customers as a list. */
export const KeptCell = z.object({
  kind: z.enum(['rule', 'list']),
  key: z.string(),
  count: z.number().int(),
})
export type KeptCell = z.infer<typeof KeptCell>
