import { z } from 'zod'
import { answerShape, EventFilter, frameShape, Length } from '#features/insight/common/frame.ts'
import { Rule, storable } from '#features/rules/common/rule.ts'
import { Money } from '#platform/common/http.ts'

const Prop = z.string().min(1).max(200).refine(storable)

export const creditModels = ['first', 'last', 'linear', 'position', 'decay'] as const
export type CreditModel = (typeof creditModels)[number]

/**
 * Which touches led to conversions. A conversion is an event of the period (`once`: the customer's first there); its
 * worth, 1 or an amount, is shared among the customer's touches of the `window` before it, itself included.
 */
export const AttributionQuery = z.strictObject({
  ...frameShape,
  touches: z.array(EventFilter).min(1).max(10),
  /** The property of touches credit goes to, such as channel, campaign or placement. */
  by: Prop,
  conversion: EventFilter,
  amount: Prop.optional(),
  once: z.boolean().default(false),
  window: Length.default({ days: 30 }),
  /** After this long before the conversion a touch weighs half as much (model `decay`). */
  halfLife: Length.default({ days: 7 }),
})
export type AttributionQuery = z.output<typeof AttributionQuery>

const Credit = z.record(z.enum(creditModels), z.string())
export const Attribution = z
  .object({
    ...answerShape,
    /** What all credit adds up to, in every model. */
    total: z.string(),
    conversions: z.number().int(),
    /** Worth of conversions before which there was no touch. */
    unattributed: z.string(),
    /** Items by linear credit, at most 200; `isCut` where there were more. */
    items: z.array(
      z.object({
        /** `v` and the value, `-` for touches without one. */
        item: z.string(),
        customers: z.number().int(),
        touches: z.number().int(),
        credit: Credit,
      }),
    ),
    isCut: z.boolean(),
  })
  .meta({ id: 'Attribution' })
export type Attribution = z.infer<typeof Attribution>
/** Customers with credit of an item in a model; of the item `!` those whose conversions no touch came before. */
export const AttributionCell = z.strictObject({
  item: z.string().max(1100).refine(storable),
  model: z.enum(creditModels).default('linear'),
})

/**
 * What customers were worth by then. A customer belongs to the cohort (week or month) of their first `start` event ever,
 * if it lies in the period; age 0 is that week or month, from the first event on. Worth: the amounts of an event, or
 * `ratePercent` a year on each day-end AUM (a proxy of revenue).
 */
export const LtvQuery = z.strictObject({
  ...frameShape,
  start: EventFilter,
  grain: z.enum(['week', 'month']).default('month'),
  worth: z.union([
    z.strictObject({ event: EventFilter, amount: Prop }),
    z.strictObject({ ratePercent: z.number().min(0.0001).max(100) }),
  ]),
  ages: z.number().int().min(1).max(24).default(12),
})
export type LtvQuery = z.output<typeof LtvQuery>
export const Ltv = z
  .object({
    ...answerShape,
    grain: z.enum(['week', 'month']),
    cohorts: z.array(
      z.object({
        cohort: z.string(),
        customers: z.number().int(),
        /** Worth up to the end of each age, of all of them; an age that has not begun is missing, one under way not complete. */
        ages: z.array(
          z.object({
            age: z.number().int(),
            total: z.string(),
            perCustomer: z.number(),
            isComplete: z.boolean(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Ltv' })
export type Ltv = z.infer<typeof Ltv>
/** The customers of a cohort. */
export const LtvCell = z.strictObject({ cohort: z.iso.date() })

/**
 * Recency, frequency and monetary value of an event, in five groups each. A customer's group is 1 plus five times the share
 * of customers strictly below, rounded down: equals are never parted. Recency counts bank days since the last event;
 * group 5 is the most recent.
 */
export const RfmQuery = z.strictObject({ ...frameShape, event: EventFilter, amount: Prop })
export type RfmQuery = z.output<typeof RfmQuery>
export const Rfm = z
  .object({
    ...answerShape,
    customers: z.number().int(),
    cells: z.array(
      z.object({
        recency: z.number().int(),
        frequency: z.number().int(),
        customers: z.number().int(),
        amount: z.string(),
        /** Sum of AUM now, only for those who may see balances. */
        aum: Money.nullable(),
        /** Customers by monetary group 1 to 5. */
        monetary: z.array(z.number().int()),
      }),
    ),
  })
  .meta({ id: 'Rfm' })
export type Rfm = z.infer<typeof Rfm>
const Group = z.number().int().min(1).max(5)
export const RfmCell = z.strictObject({
  recency: Group.optional(),
  frequency: Group.optional(),
  monetary: Group.optional(),
})

const Dates = {
  audience: Rule.optional(),
  from: z.iso.date(),
  to: z.iso.date(),
}
const isOrdered = ({ from, to }: { from: string; to: string }) => from < to
const order = { path: ['to'], message: 'is not after from' }

/** Customers by tier at two dates; tiers are those of the average AUM of the 30 days that end there. */
export const MigrationQuery = z.strictObject(Dates).refine(isOrdered, order)
export type MigrationQuery = z.output<typeof MigrationQuery>
export const Migration = z
  .object({
    ...answerShape,
    /** Customers without any balance up to the later date: in no flow. */
    withoutBalance: z.number().int(),
    flows: z.array(
      z.object({
        /** A tier, or `new`: no balance up to the earlier date. */
        from: z.string(),
        /** A tier, or `closed`: nothing left on any account at the later date. */
        to: z.string(),
        customers: z.number().int(),
        opening: Money,
        closing: Money,
      }),
    ),
  })
  .meta({ id: 'AumMigration' })
export type Migration = z.infer<typeof Migration>
const Node = z.string().max(20)
/** The customers of a flow, or of all flows from or to a node. */
export const MigrationCell = z.strictObject({ from: Node.optional(), to: Node.optional() })

/** Who made the AUM increment between two dates: by tier at the opening. */
export const IncrementQuery = z.strictObject(Dates).refine(isOrdered, order)
export type IncrementQuery = z.output<typeof IncrementQuery>
export const Increment = z
  .object({
    ...answerShape,
    increment: Money,
    /** Of tiers T0 and T1 at the opening (below ¥50k on average), new customers left out. */
    longTail: Money,
    /** longTail / increment; null where the increment is not positive. */
    longTailShare: z.number().nullable(),
    tiers: z.array(
      z.object({
        tier: z.string(),
        customers: z.number().int(),
        opening: Money,
        closing: Money,
        increment: Money,
        share: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'AumIncrement' })
export type Increment = z.infer<typeof Increment>
/** The customers of a tier at the opening. */
export const IncrementCell = z.strictObject({ tier: Node })
