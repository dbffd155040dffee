import { z } from 'zod'
import { answerShape, Breakdown, frameShape, Group } from '#features/insight/common/frame.ts'
import { type Rule, storable, Where } from '#features/rules/common/rule.ts'
import { Key, LocalText, pageOf } from '#platform/common/http.ts'

const Name = z.string().min(1).max(200).refine(storable)

export const FlowStep = z.strictObject({
  key: Key,
  name: LocalText,
  event: Name,
  where: z.array(Where).max(10).optional(),
})
export type FlowStep = z.infer<typeof FlowStep>

/**
 * POST /api/flows (metric.write) → 201: a service in ordered steps. Why customers stop is said by `flow_abandoned` with
 * this flow's key and a reason, else by the property `error` of a step, else by the page seen last.
 */
export const CreateFlow = z.strictObject({
  key: Key,
  name: LocalText,
  steps: z
    .array(FlowStep)
    .min(2)
    .max(20)
    .refine(
      (steps) => new Set(steps.map(({ key }) => key)).size === steps.length,
      'two steps have the same key',
    ),
  /** Silence after which a customer counts as stopped. */
  inactivityMinutes: z.number().int().min(1).max(43_200).default(30),
})
export type CreateFlow = z.output<typeof CreateFlow>
/** PUT /api/flows/{key} (metric.write): a new version. DELETE retires. */
export const ChangeFlow = CreateFlow.omit({ key: true })
export type ChangeFlow = z.output<typeof ChangeFlow>
export const FlowKey = z.object({ key: z.string().max(64).refine(storable) })

export const Flow = z
  .object({
    ...CreateFlow.shape,
    inactivityMinutes: z.number().int(),
    ownerOrgId: z.number().int(),
    createdBy: z.string(),
    version: z.number().int(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Flow' })
export type Flow = z.infer<typeof Flow>
/** GET /api/flows · GET /api/flows/{key} (insight.read) */
export const FlowPage = pageOf(Flow)

/** POST /api/flows/{key}/segment (segment.write) → 201: who stopped at a step within the last minutes, as a live segment. */
export const StoppedSegment = z.strictObject({
  step: Key,
  minutes: z.number().int().min(2).max(525_600),
  key: Key,
  name: Name,
})
export type StoppedSegment = z.infer<typeof StoppedSegment>

/**
 * Where customers stop. An attempt begins with the first step and goes on while the next step, or one done already, comes
 * within the limit of silence; after that it has stopped. Coming back to at most the next step begins another attempt
 * where the last one stopped. Steps too far ahead are not taken for part of it. Only events of the period are looked at.
 */
export const BreakpointQuery = z.strictObject({
  ...frameShape,
  flow: Key,
  /** A property of the first event of an attempt, or groups of customers. */
  by: Breakdown.optional(),
  top: z.number().int().min(1).max(20).default(8),
})
export type BreakpointQuery = z.output<typeof BreakpointQuery>

export const reasonKinds = ['said', 'error', 'page', 'unknown'] as const

export const Breakpoints = z
  .object({
    ...answerShape,
    flow: z.object({
      key: z.string(),
      name: LocalText,
      version: z.number().int(),
      inactivityMinutes: z.number().int(),
    }),
    attempts: z.number().int(),
    customers: z.number().int(),
    completed: z.number().int(),
    steps: z.array(
      z.object({
        key: z.string(),
        name: LocalText,
        /** Attempts that came this far; `stopped` there for good, or still `underWay`. */
        reached: z.number().int(),
        stopped: z.number().int(),
        underWay: z.number().int(),
        /** Customers with an attempt that stopped here. */
        customers: z.number().int(),
        cameBack: z.number().int(),
      }),
    ),
    reasons: z.array(
      z.object({
        step: z.string(),
        kind: z.enum(reasonKinds),
        reason: z.string(),
        attempts: z.number().int(),
      }),
    ),
    /** Why of a step: at most 20 each; what is beyond is added to `others`. */
    otherReasons: z.number().int(),
    returns: z.object({
      stopped: z.number().int(),
      cameBack: z.number().int(),
      finished: z.number().int(),
      /** Stopped attempts by how long it took to come back, up to so many minutes (half-open; null: longer). */
      bins: z.array(
        z.object({
          upToMinutes: z.number().nullable(),
          cameBack: z.number().int(),
          finished: z.number().int(),
        }),
      ),
    }),
    groups: z.array(
      z.object({
        ...Group.shape,
        attempts: z.number().int(),
        completed: z.number().int(),
        stopped: z.array(z.number().int()),
      }),
    ),
    otherGroups: z.number().int(),
  })
  .meta({ id: 'Breakpoints' })
export type Breakpoints = z.infer<typeof Breakpoints>

/** Customers with an attempt of that kind: of a step (`reached`, `stopped`, `underWay`, `cameBack`), or `completed`. */
export const BreakpointCell = z.strictObject({
  state: z.enum(['attempted', 'reached', 'stopped', 'underWay', 'completed', 'cameBack', 'finished', 'lost']),
  step: Key.optional(),
  reason: z
    .strictObject({ kind: z.enum(reasonKinds), reason: z.string().max(1100).refine(storable) })
    .optional(),
})
export type BreakpointCell = z.infer<typeof BreakpointCell>

/** Upper ends of the bins of coming back, in minutes. */
export const returnBins = [10, 30, 60, 180, 360, 720, 1440, 2880, 10_080, 43_200] as const

/**
 * Who stopped at a step within the last minutes: did it then, has been silent for the limit, and did not do the next one.
 * Only leaves with a moving window, so it streams.
 */
export function stoppedRule(
  flow: Pick<Flow, 'steps' | 'inactivityMinutes'>,
  step: number,
  minutes: number,
): Rule | undefined {
  const [at, next] = [flow.steps[step], flow.steps[step + 1]]
  if (!at || !next) return undefined
  const did = ({ event, where }: FlowStep, within: number): Rule => ({
    did: event,
    ...(where?.length ? { where } : {}),
    within: { minutes: within },
  })
  return { all: [did(at, minutes), { not: did(at, flow.inactivityMinutes) }, { not: did(next, minutes) }] }
}
