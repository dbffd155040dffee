import { customerStates } from '#features/customers/common/customer.ts'
import type { Step, StepOf } from '#features/imports/common/mapping.ts'
import { RejectedRow } from '#features/imports/common/reject.ts'
import {
  type CompileContext,
  compileCondition,
  type Row,
} from '#features/imports/server/compile-expression.ts'
import { createFieldReaders, type FieldReaders, longest } from '#features/imports/server/field-readers.ts'
import type { ItemOf, Target } from '#features/imports/server/items.ts'
import { orgKinds } from '#features/org/common/org.ts'

/** Roles that a file may give; those who administer get theirs from people, one by one. */
const importedRoles = ['relationship_manager', 'branch_operator', 'hq_operator', 'approver'] as const

type Reader<T extends Target> = (row: Row) => ItemOf[T]
type Compile<T extends Target> = (step: StepOf<T>, read: FieldReaders, context: StepContext) => Reader<T>
type StepContext = CompileContext & { mappingName: string; stepNumber: number; nowMs: number }

/** One step ready for rows: what it makes of one, or undefined when it doesn't want it. */
export type CompiledStep<T extends Target = Target> = { into: T; read(row: Row): ItemOf[T] | undefined }

const earliestMs = Date.UTC(1900, 0, 1)
const dayMs = 86_400_000

const mustBe = <T>(value: T | undefined, field: string): T => {
  if (value === undefined) throw new RejectedRow('VALUE_MISSING', field, 'has no value')
  return value
}

const compileEvents: Compile<'events'> = (step, read, context) => {
  const customerNo = read.customerNo(step.customerNo)
  const name = read.text(step.name, 'name', longest.name)
  const atMs = read.timeMs(step.at, 'at')
  const messageId = read.optionalText(step.messageId, 'messageId', longest.name)
  const properties = read.texts(step.properties, 'properties')
  const ownId = `${context.mappingName}:${context.fileName}:`
  return (row) => {
    const at = atMs(row)
    if (at < earliestMs || at > context.nowMs + dayMs)
      throw new RejectedRow('DATE_INVALID', 'at', 'is before 1900 or more than a day ahead')
    const id = messageId(row)
    return {
      customerNo: customerNo(row),
      name: name(row),
      atMs: at,
      messageId: id ?? `${ownId}${row.number}:${context.stepNumber}`,
      properties: properties(row),
    }
  }
}

const compileCustomers: Compile<'customers'> = (step, read) => {
  const customerNo = read.customerNo(step.customerNo)
  const org = read.optionalText(step.org, 'org', longest.code)
  const rm = read.optionalText(step.rm, 'rm', longest.code)
  const state = read.optionalWord(step.state, 'state', customerStates)
  const openedOn = read.optionalDay(step.openedOn, 'openedOn')
  const attributes = read.texts(step.attributes, 'attributes')
  const identities = read.texts(step.identities, 'identities')
  const hasIdentities = Object.keys(step.identities ?? {}).length > 0
  return (row) => ({
    customerNo: customerNo(row),
    org: org(row),
    rm: rm(row),
    state: state(row),
    openedOn: openedOn(row) ?? undefined,
    attributes: attributes(row),
    identities: hasIdentities
      ? Object.entries(identities(row)).map(([kind, value]) => ({ kind, value }))
      : undefined,
  })
}

const compileHoldings: Compile<'holdings'> = (step, read) => {
  const customerNo = read.customerNo(step.customerNo)
  const holdingNo = read.text(step.holdingNo, 'holdingNo', longest.name)
  const productCode = read.text(step.productCode, 'productCode', longest.name)
  const family = read.text(step.family, 'family', longest.code)
  const currency = read.text(step.currency, 'currency', 10)
  const amount = read.optionalAmount(step.amount, 'amount')
  const openedOn = read.optionalDay(step.openedOn, 'openedOn')
  const closedOn = read.optionalDay(step.closedOn, 'closedOn')
  const attributes = read.texts(step.attributes, 'attributes')
  return (row) => ({
    customerNo: customerNo(row),
    holdingNo: holdingNo(row),
    productCode: productCode(row),
    family: family(row),
    currency: currency(row),
    amount: amount(row),
    openedOn: openedOn(row),
    closedOn: closedOn(row),
    attributes: attributes(row),
  })
}

const compileConsents: Compile<'consents'> = (step, read) => {
  const customerNo = read.customerNo(step.customerNo)
  const purpose = read.text(step.purpose, 'purpose', longest.code)
  const isGranted = read.yesNo(step.granted, 'granted')
  const version = read.text(step.version, 'version', longest.code)
  const channel = read.text(step.channel, 'channel', longest.code)
  const atMs = read.timeMs(step.at, 'at')
  return (row) => ({
    customerNo: customerNo(row),
    purpose: purpose(row),
    isGranted: isGranted(row),
    version: version(row),
    channel: channel(row),
    at: new Date(atMs(row)),
  })
}

const compileCampaignMembers: Compile<'campaignMembers'> = (step, read) => {
  const customerNo = read.customerNo(step.customerNo)
  const arm = read.text(step.arm, 'arm', longest.code)
  const contactedAt = read.optionalTimeMs(step.contactedAt, 'contactedAt')
  const outcomes = read.numbers(step.outcomes, 'outcomes')
  return (row) => {
    const at = contactedAt(row)
    return {
      campaign: step.campaign,
      customerNo: customerNo(row),
      arm: arm(row),
      contactedAt: at === null ? null : new Date(at),
      outcomes: outcomes(row),
    }
  }
}

const compilers: { readonly [T in Target]: Compile<T> } = {
  orgUnits(step, read) {
    const code = read.text(step.code, 'code', longest.code)
    const name = read.text(step.name, 'name', 100)
    const kind = read.optionalWord(step.kind, 'kind', orgKinds)
    const parent = read.optionalText(step.parent, 'parent', longest.code)
    return (row) => ({
      code: code(row),
      name: name(row),
      kind: mustBe(kind(row), 'kind'),
      parentCode: parent(row),
    })
  },
  staff(step, read) {
    const staffNo = read.text(step.staffNo, 'staffNo', longest.code)
    const name = read.text(step.name, 'name', 100)
    const org = read.text(step.org, 'org', longest.code)
    const role = read.optionalWord(step.role, 'role', importedRoles)
    return (row) => ({
      staffNo: staffNo(row),
      name: name(row),
      orgCode: org(row),
      role: mustBe(role(row), 'role'),
    })
  },
  customers: compileCustomers,
  attributes(step, read) {
    const customerNo = read.customerNo(step.customerNo)
    const attributes = read.texts(step.attributes, 'attributes')
    return (row) => ({ customerNo: customerNo(row), attributes: attributes(row) })
  },
  holdings: compileHoldings,
  balances(step, read) {
    const customerNo = read.customerNo(step.customerNo)
    const balanceClass = read.text(step.class, 'class', longest.code)
    const businessDate = read.day(step.businessDate, 'businessDate')
    const currency = read.text(step.currency, 'currency', 10)
    const amount = read.amount(step.amount, 'amount')
    return (row) => ({
      customerNo: customerNo(row),
      class: balanceClass(row),
      businessDate: businessDate(row),
      currency: currency(row),
      amount: amount(row),
    })
  },
  links(step, read) {
    const customerNo = read.customerNo(step.customerNo)
    const linkedCustomerNo = read.customerNo(step.linkedCustomerNo, 'linkedCustomerNo')
    const relation = read.text(step.relation, 'relation', longest.code)
    const reference = read.optionalText(step.reference, 'reference', longest.name)
    return (row) => ({
      customerNo: customerNo(row),
      linkedCustomerNo: linkedCustomerNo(row),
      relation: relation(row),
      reference: reference(row) ?? '',
    })
  },
  consents: compileConsents,
  events: compileEvents,
  campaignMembers: compileCampaignMembers,
}

/** Compiles one step for the rows of one file. */
export function compileStep(step: Step, context: StepContext): CompiledStep {
  const compile = compilers[step.into] as Compile<Target>
  const read = compile(step as StepOf<Target>, createFieldReaders(context), context)
  const holds = step.when && compileCondition(step.when, context.column)
  return { into: step.into, read: holds ? (row) => (holds(row) ? read(row) : undefined) : read }
}
