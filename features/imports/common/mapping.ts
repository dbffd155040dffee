import { z } from 'zod'
import { Expression, ImportCondition } from '#features/imports/common/expression.ts'
import { Key } from '#platform/common/http.ts'

export const encodings = [
  'utf-8',
  'utf-8-sig',
  'gb18030',
  'gbk',
  'big5',
  'utf-16le',
  'utf-16be',
  'latin1',
  'windows-1250',
  'windows-1252',
  'iso-8859-2',
  'shift_jis',
  'euc-kr',
] as const

const OneCharacter = z.string().refine((text) => text.length === 1 && text !== '\n' && text !== '\r', {
  message: 'must be one character, no line break',
})

/** How a file is written. What an entry leaves out comes from the mapping's own `format`, then from the defaults. */
export const Format = z
  .strictObject({
    encoding: z.enum(encodings).optional().describe('Default utf-8. A byte order mark is read past.'),
    delimiter: OneCharacter.optional().describe('Default a comma.'),
    quote: OneCharacter.nullable().optional().describe('Default ". null: the file has no quoting.'),
    header: z.boolean().optional().describe('Default true: the first row names the columns.'),
    trim: z.boolean().optional().describe('Default true: white space around values does not count.'),
    decimal: z.enum(['.', ',']).optional().describe('Decimal sign of numbers and amounts. Default a point.'),
    thousands: z.enum([',', '.', ' ', "'", '_']).optional().describe('Sign between thousands. Default none.'),
    dateFormats: z
      .array(z.string().min(1).max(40))
      .min(1)
      .optional()
      .describe('Tried in order, after ISO 8601. YYYY MM M DD D HH mm ss SSS, or epochSeconds, epochMillis.'),
    nullValues: z.array(z.string()).optional().describe('Texts that mean "no value". Default the empty one.'),
  })
  .meta({ id: 'ImportFormat' })
export type Format = z.infer<typeof Format>

const Fields = z.record(z.string().min(1).max(200), Expression)
const when = ImportCondition.optional().describe('The step takes only rows that hold this.')

const OrgUnitStep = z.strictObject({
  into: z.literal('orgUnits'),
  when,
  code: Expression,
  name: Expression,
  kind: Expression.describe('head_office, branch, sub_branch or outlet'),
  parent: Expression.optional().describe('Code of the unit above. Without one: directly below head office.'),
})
const StaffStep = z.strictObject({
  into: z.literal('staff'),
  when,
  staffNo: Expression,
  name: Expression,
  org: Expression,
  role: Expression.describe('relationship_manager, branch_operator, hq_operator or approver'),
})
const CustomerStep = z.strictObject({
  into: z.literal('customers'),
  when,
  customerNo: Expression,
  org: Expression.optional().describe(
    'Code of the owning unit. Left out: as it is; new customers: head office.',
  ),
  rm: Expression.optional().describe('Staff number of the relationship manager.'),
  state: Expression.optional().describe('active, frozen, deceased or closed'),
  openedOn: Expression.optional().describe('Day of the first owner; only new customers take it.'),
  attributes: Fields.optional(),
  identities: Fields.optional().describe(
    'Direct identifiers by kind: name, phone, national_id, card, address, email, open_id, union_id, external_user_id. Stored encrypted.',
  ),
})
const AttributesStep = z.strictObject({
  into: z.literal('attributes'),
  when,
  customerNo: Expression,
  attributes: Fields,
})
const HoldingStep = z.strictObject({
  into: z.literal('holdings'),
  when,
  customerNo: Expression,
  holdingNo: Expression,
  productCode: Expression,
  family: Expression,
  currency: Expression,
  amount: Expression.optional(),
  openedOn: Expression.optional(),
  closedOn: Expression.optional(),
  attributes: Fields.optional(),
})
const BalanceStep = z.strictObject({
  into: z.literal('balances'),
  when,
  customerNo: Expression,
  class: Expression,
  businessDate: Expression,
  currency: Expression,
  amount: Expression,
})
const LinkStep = z.strictObject({
  into: z.literal('links'),
  when,
  customerNo: Expression,
  linkedCustomerNo: Expression,
  relation: Expression,
  reference: Expression.optional(),
})
const ConsentStep = z.strictObject({
  into: z.literal('consents'),
  when,
  customerNo: Expression,
  purpose: Expression,
  granted: Expression,
  version: Expression,
  channel: Expression,
  at: Expression,
})
const EventStep = z.strictObject({
  into: z.literal('events'),
  when,
  customerNo: Expression,
  name: Expression,
  at: Expression,
  messageId: Expression.optional().describe(
    'What makes the event one and the same. Left out: mapping name, file name, row and step.',
  ),
  properties: Fields.optional(),
})
const CampaignMemberStep = z.strictObject({
  into: z.literal('campaignMembers'),
  when,
  campaign: Key.describe('Key of one of the campaigns of this mapping.'),
  customerNo: Expression,
  arm: Expression,
  contactedAt: Expression.optional(),
  outcomes: Fields.describe('Numbers by name: 0 or 1, or an amount.'),
})

export const Step = z
  .discriminatedUnion('into', [
    OrgUnitStep,
    StaffStep,
    CustomerStep,
    AttributesStep,
    HoldingStep,
    BalanceStep,
    LinkStep,
    ConsentStep,
    EventStep,
    CampaignMemberStep,
  ])
  .meta({ id: 'ImportStep' })
export type Step = z.infer<typeof Step>
export type StepOf<T extends Step['into']> = Extract<Step, { into: T }>

const FileEntry = z.strictObject({
  match: z.string().min(1).max(200).describe('File name; * stands for any text, ? for one character.'),
  format: Format.optional(),
  columns: z.array(z.string()).min(1).optional().describe('Column names, when the file has no header.'),
  steps: z.array(Step).max(20).describe('Empty: the file is only looked values up in.'),
})
export type FileEntry = z.infer<typeof FileEntry>

const FinishedCampaign = z.strictObject({
  key: Key,
  name: z.string().min(1).max(100),
  controlArm: z.string().min(1).max(100).describe('The arm that was not treated, or treated as before.'),
  outcome: z.string().min(1).max(200).describe('The outcome that counts as conversion when it is above 0.'),
})
export type FinishedCampaign = z.infer<typeof FinishedCampaign>

/** What the columns of which files mean: one JSON file, see docs/guide/import.md. */
export const Mapping = z
  .strictObject({
    $schema: z.string().optional(),
    name: Key.describe(
      'Part of the ids of events without their own: keep it, and a second import doubles nothing.',
    ),
    description: z.string().max(2000).optional(),
    headOffice: z
      .strictObject({ code: z.string().min(1).max(64), name: z.string().min(1).max(100) })
      .optional()
      .describe('Made when the bank has no head office yet.'),
    validFrom: z.iso
      .date()
      .optional()
      .describe('Day from which imported org units and posts hold. Default today.'),
    format: Format.optional(),
    values: z
      .record(z.string().min(1).max(100), Expression)
      .optional()
      .describe('Expressions by name, for "use" and templates.'),
    campaigns: z.array(FinishedCampaign).max(100).optional(),
    files: z.array(FileEntry).min(1).max(200),
  })
  .superRefine((mapping, context) => {
    mapping.files.forEach((file, index) => {
      const hasHeader = file.format?.header ?? mapping.format?.header ?? true
      if (!hasHeader && !file.columns) {
        context.addIssue({
          code: 'custom',
          path: ['files', index, 'columns'],
          message: 'must name the columns, for there is no header',
        })
      }
    })
  })
  .meta({ title: 'Zhike import mapping' })
export type Mapping = z.infer<typeof Mapping>
