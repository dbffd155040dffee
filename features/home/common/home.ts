import { z } from 'zod'
import { Money } from '#platform/common/http.ts'

/** GET /api/home (self): today in the caller's scope. Parts the caller may not see are null. */
export const Home = z
  .object({
    asOf: z.string(),
    /** The registry's formula behind each number: by name of the number here. */
    metrics: z.record(
      z.string(),
      z.object({
        key: z.string(),
        version: z.number().int(),
        definition: z.object({ zh: z.string(), en: z.string() }),
      }),
    ),
    customers: z.number().int().nullable(),
    provisionalCustomers: z.number().int().nullable(),
    aum: Money.nullable(),
    aumByDay: z.array(z.object({ date: z.string(), amount: Money })).nullable(),
    aumByTier: z.array(z.object({ tier: z.string(), customers: z.number().int(), amount: Money })).nullable(),
    eventsToday: z.number().int().nullable(),
    activeToday: z.number().int().nullable(),
    activeByDay: z
      .array(z.object({ date: z.string(), events: z.number().int(), customers: z.number().int() }))
      .nullable(),
    eventsByHour: z.array(z.object({ hour: z.string(), count: z.number().int() })).nullable(),
    topEvents: z.array(z.object({ name: z.string(), count: z.number().int() })).nullable(),
    campaigns: z
      .array(
        z.object({
          key: z.string(),
          name: z.string(),
          state: z.string(),
          eligible: z.number().int(),
          exposed: z.number().int(),
          clicked: z.number().int(),
          converted: z.number().int(),
        }),
      )
      .nullable(),
    openApprovals: z.number().int().nullable(),
    tasks: z
      .object({ active: z.number().int(), overdue: z.number().int(), doneToday: z.number().int() })
      .nullable(),
  })
  .meta({ id: 'Home' })
export type Home = z.infer<typeof Home>
