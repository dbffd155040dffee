import { z } from 'zod'
import { grains } from '#features/metrics/common/metric-period.ts'
import { Rule, storable, Where } from '#features/rules/common/rule.ts'
import { Instant, Key, LocalText, PageQuery, pageOf } from '#platform/common/http.ts'

const Text = (longest: number) =>
  z.string().max(longest).refine(storable, 'holds characters that cannot be stored')
const Name = (longest: number) => Text(longest).min(1)
const Event = Name(200)
const Conditions = z.array(Where).max(20).optional()
const Tiers = z
  .array(z.enum(['new', 'T0', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6']))
  .min(1)
  .max(8)

/** Customers for whom a rule holds at the end of the period; without a rule all customers. */
const CustomersFormula = z.strictObject({ customers: z.strictObject({ rule: Rule.optional() }) })

/**
 * Events of a name (`*`: any) in the period: how many, by how many customers, their sum; by how many customers for the
 * first time ever (`first`) or again after at least `absentDays` whole days without (`returned`).
 */
const EventsFormula = z.strictObject({
  events: z
    .strictObject({
      event: Event,
      where: Conditions,
      of: z.enum(['count', 'customers', 'sum', 'first', 'returned']),
      prop: Name(200).optional(),
      absentDays: z.number().int().min(1).max(3650).optional(),
    })
    .refine((f) => (f.of === 'sum') === (f.prop !== undefined), { path: ['prop'], message: 'belongs to sum' })
    .refine((f) => (f.of === 'returned') === (f.absentDays !== undefined), {
      path: ['absentDays'],
      message: 'belongs to returned',
    }),
})

/**
 * Assets: at the end of the period, on the average of its days, their increment over it; customers by tier, and those
 * whose tier is higher or lower than at the opening. Tiers are those at the opening (of `customers`: at the end).
 */
const AumFormula = z.strictObject({
  aum: z
    .strictObject({
      of: z.enum(['end', 'average', 'increment', 'customers', 'tierUp', 'tierDown']),
      tiers: Tiers.optional(),
    })
    .refine((f) => f.tiers === undefined || f.of === 'increment' || f.of === 'customers', {
      path: ['tiers'],
      message: 'belongs to increment and customers',
    }),
})

/** Customers with a value of a tag now, its sum, or its average. */
const TagFormula = z.strictObject({
  tag: z.strictObject({ key: Key, of: z.enum(['customers', 'sum', 'average']) }),
})

/** Average hours from one event to the first of another with the same value of a property; counted when the second happens. */
const IntervalFormula = z.strictObject({
  interval: z.strictObject({ from: Event, to: Event, by: Name(200) }),
})

/** One metric divided by another, times a factor: 1 for shares, 10000 for "per ten thousand". */
const RatioFormula = z.strictObject({
  ratio: z.strictObject({ of: Key, to: Key, factor: z.number().int().min(1).max(1_000_000).default(1) }),
})

/** The closed set of what a metric can be. */
export const Formula = z
  .union([CustomersFormula, EventsFormula, AumFormula, TagFormula, IntervalFormula, RatioFormula])
  .meta({ id: 'MetricFormula' })
export type Formula = z.infer<typeof Formula>
export type BaseFormula = Exclude<Formula, { ratio: unknown }>

/** Whether a formula shows amounts of balances, or the values of a tag, which may be amounts. */
export const showsAmounts = (formula: Formula): boolean =>
  'aum' in formula || ('tag' in formula && formula.tag.of !== 'customers')

export const units = ['customers', 'events', 'yuan', 'percent', 'hours', 'per10k', 'number'] as const
const Grains = z.array(z.enum(grains)).min(1).max(3)

/** POST /api/metrics (metric.write) → 201 */
export const CreateMetric = z.strictObject({
  key: Key,
  name: LocalText,
  definition: z.object({ zh: Name(1000), en: Name(1000) }),
  formula: Formula,
  unit: z.enum(units),
  grains: Grains.default(['day', 'week', 'month']),
  owner: Name(200),
})
export type CreateMetric = z.infer<typeof CreateMetric>

/** PUT /api/metrics/{key} (metric.write): a new version, with the reason; old values keep theirs. */
export const ChangeMetric = CreateMetric.omit({ key: true }).extend({ reason: Name(500) })
export type ChangeMetric = z.infer<typeof ChangeMetric>
export const MetricKey = z.object({ key: z.string().max(64).refine(storable) })

export const Metric = z
  .object({
    ...CreateMetric.shape,
    grains: Grains,
    ownerOrgId: z.number().int().nullable(),
    createdBy: z.string(),
    version: z.number().int(),
    lastError: z.string().nullable(),
    updatedAt: z.string(),
    openAlarms: z.number().int(),
  })
  .meta({ id: 'Metric' })
export type Metric = z.infer<typeof Metric>

/** GET /api/metrics · GET /api/metrics/{key} (metric.read) */
export const MetricQuery = PageQuery.extend({ q: z.string().max(100).refine(storable).optional() })
export const MetricPage = pageOf(Metric)

/** GET /api/metrics/{key}/versions (metric.read) */
export const MetricVersions = z.object({
  items: z.array(
    z.object({
      version: z.number().int(),
      content: z.unknown(),
      reason: z.string(),
      changedBy: z.string(),
      at: z.string(),
    }),
  ),
})

/** A value with what it was made of; `null`: nothing to divide by. */
export const MetricPoint = z.object({
  period: z.string(),
  value: z.number().nullable(),
  /** Exact, as decimal text. */
  numerator: z.string(),
  denominator: z.string(),
  isFinal: z.boolean(),
  computedAt: z.string(),
  version: z.number().int(),
})
export type MetricPoint = z.infer<typeof MetricPoint>

/** GET /api/metrics/{key}/series (metric.read): stored values of one org unit; without one of the caller's own, added up. */
export const SeriesQuery = z.object({
  grain: z.enum(grains).default('day'),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  orgId: z.coerce.number().int().optional(),
  version: z.coerce.number().int().min(1).optional(),
})
export type SeriesQuery = z.infer<typeof SeriesQuery>
export const MetricSeries = z
  .object({
    key: z.string(),
    grain: z.enum(grains),
    unit: z.enum(units),
    version: z.number().int(),
    orgIds: z.array(z.number().int()),
    points: z.array(MetricPoint),
    asOf: z.string(),
    exact: z.literal(true),
  })
  .meta({ id: 'MetricSeries' })
export type MetricSeries = z.infer<typeof MetricSeries>

/** GET /api/metrics/{key}/orgs (metric.read): one period, by the org units below one. */
export const OrgQuery = z.object({
  grain: z.enum(grains).default('day'),
  period: z.iso.date().optional(),
  orgId: z.coerce.number().int().optional(),
})
export const MetricByOrg = z.object({
  period: z.string().nullable(),
  version: z.number().int(),
  items: z.array(
    z.object({
      orgId: z.number().int(),
      name: z.string(),
      value: z.number().nullable(),
      numerator: z.string(),
    }),
  ),
  asOf: z.string(),
})

/** GET /api/metrics/{key}/now (metric.read): computed now, for exactly the caller's customers, of the period under way. */
export const NowQuery = z.object({ grain: z.enum(grains).default('day') })
export const MetricNow = z
  .object({
    key: z.string(),
    version: z.number().int(),
    name: LocalText,
    definition: z.object({ zh: z.string(), en: z.string() }),
    unit: z.enum(units),
    period: z.string(),
    value: z.number().nullable(),
    numerator: z.string(),
    denominator: z.string(),
    asOf: z.string(),
    exact: z.literal(true),
  })
  .meta({ id: 'MetricNow' })
export type MetricNow = z.infer<typeof MetricNow>

/** POST /api/metrics/{key}/compute (metric.write) → 202: the periods with a day between two dates, at most 100. */
export const ComputeRequest = z.strictObject({
  grain: z.enum(grains).default('day'),
  from: z.iso.date(),
  to: z.iso.date(),
})
export type ComputeRequest = z.infer<typeof ComputeRequest>

export const alertKinds = ['above', 'below', 'change', 'missing'] as const
/** POST /api/metrics/{key}/alerts (metric.write): of one org unit of the caller's; `change` in shares of the period before. */
export const CreateAlert = z
  .strictObject({
    grain: z.enum(grains),
    orgId: z.number().int(),
    kind: z.enum(alertKinds),
    threshold: z.number().optional(),
  })
  .refine((alert) => (alert.kind === 'missing') === (alert.threshold === undefined), {
    path: ['threshold'],
    message: 'belongs to above, below and change',
  })
export type CreateAlert = z.infer<typeof CreateAlert>
export const MetricAlert = z.object({
  alertId: z.number().int(),
  key: z.string(),
  grain: z.enum(grains),
  orgId: z.number().int(),
  orgName: z.string(),
  kind: z.enum(alertKinds),
  threshold: z.number().nullable(),
  createdBy: z.string(),
})
export type MetricAlert = z.infer<typeof MetricAlert>
export const MetricAlerts = z.object({ items: z.array(MetricAlert) })
export const AlertParams = MetricKey.extend({ alertId: z.coerce.number().int() })

/** GET /api/metric-alarms (metric.read) · POST /api/metric-alarms/{alarmId}/acknowledge (metric.read) */
export const AlarmQuery = PageQuery.extend({
  state: z.enum(['open', 'all']).default('open'),
  key: z.string().max(64).refine(storable).optional(),
})
export const MetricAlarm = z
  .object({
    alarmId: z.number().int(),
    key: z.string(),
    name: LocalText,
    orgId: z.number().int(),
    orgName: z.string(),
    grain: z.enum(grains),
    kind: z.enum(alertKinds),
    threshold: z.number().nullable(),
    period: z.string(),
    value: z.number().nullable(),
    previous: z.number().nullable(),
    raisedAt: Instant,
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: Instant.nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: 'MetricAlarm' })
export type MetricAlarm = z.infer<typeof MetricAlarm>
export const AlarmPage = pageOf(MetricAlarm)
export const AlarmParams = z.object({ alarmId: z.coerce.number().int() })
export const Acknowledge = z.strictObject({ note: Text(500).default('') })
