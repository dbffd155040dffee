import { z } from 'zod'

const oneOf = <T extends string>(value: Record<string, unknown>, names: readonly T[]): T[] =>
  names.filter((name) => value[name] !== undefined)

const TextOrTexts = z.union([z.string(), z.array(z.string()).min(1)])

/** A condition on a row: one column compared with texts, or several conditions together. */
export type ImportCondition = {
  column?: string | undefined
  is?: string | string[] | undefined
  isNot?: string | string[] | undefined
  isMissing?: boolean | undefined
  all?: ImportCondition[] | undefined
  any?: ImportCondition[] | undefined
}
export const ImportCondition: z.ZodType<ImportCondition> = z
  .strictObject({
    column: z.string().optional(),
    is: TextOrTexts.optional().describe('The value is this text, or one of these.'),
    isNot: TextOrTexts.optional().describe('There is a value, and it is none of these.'),
    isMissing: z.boolean().optional(),
    all: z
      .array(z.lazy(() => ImportCondition))
      .min(1)
      .optional(),
    any: z
      .array(z.lazy(() => ImportCondition))
      .min(1)
      .optional(),
  })
  .superRefine((value, context) => {
    const kinds = oneOf(value, ['column', 'all', 'any'])
    const tests = oneOf(value, ['is', 'isNot', 'isMissing'])
    if (kinds.length !== 1)
      context.addIssue({ code: 'custom', message: 'must have one of "column", "all", "any"' })
    else if (kinds[0] === 'column' ? tests.length !== 1 : tests.length > 0)
      context.addIssue({
        code: 'custom',
        message: 'must have one of "is", "isNot", "isMissing" beside "column"',
      })
  })
  .meta({
    id: 'ImportCondition',
    oneOf: [
      ...['is', 'isNot', 'isMissing'].map((test) => ({ required: ['column', test] })),
      { required: ['all'] },
      { required: ['any'] },
    ],
  })

export const sources = ['column', 'value', 'use', 'template', 'lookup', 'dateSequence'] as const

/** Names in a template. */
export const placeholder = /\{([^{}]*)\}/g

/** Where a value comes from (exactly one of the sources) and what is done to it, in the order of the fields below. */
export type ExpressionObject = {
  column?: string | undefined
  value?: string | undefined
  use?: string | undefined
  template?: string | undefined
  lookup?: Lookup | undefined
  dateSequence?: DateSequence | undefined
  when?: ImportCondition | undefined
  as?: 'number' | 'date' | 'time' | 'year' | 'month' | undefined
  map?: Record<string, string | null> | undefined
  otherwise?: string | null | undefined
  default?: string | undefined
}
/** A text alone is the name of a column. */
export type Expression = string | ExpressionObject
export type Lookup = {
  file: string
  key: string
  by: Expression
  column: string
  where?: ImportCondition | undefined
}
/** Dates of rows that stand in time order but say only their month, and maybe their day of the week. */
export type DateSequence = { month: Expression; weekday?: Expression | undefined; startsAt: string }

const LazyExpression = z.lazy((): z.ZodType<Expression> => Expression)

const LookupSchema = z.strictObject({
  file: z.string().min(1).max(200).describe('Name or pattern of a file of the same import.'),
  key: z.string().describe('Column of that file which holds the key.'),
  by: LazyExpression.describe('The key to look for.'),
  column: z.string().describe('Column of that file which holds the value.'),
  where: ImportCondition.optional().describe('Only rows of that file that hold this.'),
})
const DateSequenceSchema = z.strictObject({
  month: LazyExpression.describe('1 to 12, or English names (may, May, MAY).'),
  weekday: LazyExpression.optional().describe('English names (mon, Monday).'),
  startsAt: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month, YYYY-MM')
    .describe('Not after the first row.'),
})

const ExpressionObject = z
  .strictObject({
    column: z.string().optional(),
    value: z.string().optional().describe('The same for every row.'),
    use: z.string().optional().describe('Name of one of the "values" of the mapping.'),
    template: z
      .string()
      .optional()
      .describe(
        'Text with {names} of "values" or columns in it; {row} is the row number from 1, {file} the file name.',
      ),
    lookup: LookupSchema.optional(),
    dateSequence: DateSequenceSchema.optional(),
    when: ImportCondition.optional().describe('No value unless this holds.'),
    as: z
      .enum(['number', 'date', 'time', 'year', 'month'])
      .optional()
      .describe('Reads the text by the format of the file.'),
    map: z.record(z.string(), z.string().nullable()).optional().describe('Text by text; null: no value.'),
    otherwise: z
      .string()
      .nullable()
      .optional()
      .describe('For texts that `map` lacks. Left out: such a row is rejected.'),
    default: z.string().optional().describe('Where there is no value.'),
  })
  .superRefine((value, context) => {
    if (oneOf(value, sources).length !== 1)
      context.addIssue({
        code: 'custom',
        message: `must have exactly one of ${sources.map((name) => `"${name}"`).join(', ')}`,
      })
    if (value.otherwise !== undefined && !value.map)
      context.addIssue({ code: 'custom', path: ['otherwise'], message: 'belongs to "map"' })
  })
  .meta({ oneOf: sources.map((source) => ({ required: [source] })) })

export const Expression: z.ZodType<Expression> = z
  .union([z.string().describe('Name of a column.'), ExpressionObject])
  .meta({ id: 'ImportExpression' })
