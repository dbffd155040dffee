import { z } from 'zod'
import { answerShape, EventFilter, frameShape } from '#features/insight/common/frame.ts'

const Prop = z.string().min(1).max(200)

/** Where customers click: by page, then by element and position, as properties of the event name them. */
export const HeatQuery = z.strictObject({
  ...frameShape,
  event: EventFilter.default({ event: 'element_clicked' }),
  page: Prop.default('page'),
  element: Prop.default('element'),
  position: Prop.default('position'),
  /** Pages, and spots of a page, shown; all others are told. */
  pages: z.number().int().min(1).max(50).default(10),
  spots: z.number().int().min(1).max(200).default(40),
})
export type HeatQuery = z.output<typeof HeatQuery>

const Figures = { clicks: z.number().int(), customers: z.number().int() }
/** A missing property is null. */
const Text = z.string().nullable()
export const HeatAnswer = z.object({
  ...answerShape,
  ...Figures,
  pages: z.array(
    z.object({
      page: Text,
      ...Figures,
      spots: z.array(z.object({ element: Text, position: Text, ...Figures })),
      otherSpots: z.object({ spots: z.number().int(), clicks: z.number().int() }).nullable(),
    }),
  ),
  otherPages: z.object({ pages: z.number().int(), clicks: z.number().int() }).nullable(),
})
export type HeatAnswer = z.infer<typeof HeatAnswer>

const Cell = z.string().max(1000).nullable().optional()
/** Who clicked on a page, and there on an element and position; null: the property is missing. */
export const HeatCell = z.strictObject({ page: Cell, element: Cell, position: Cell })
