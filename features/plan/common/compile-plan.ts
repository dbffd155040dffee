import { longestMatched } from '#features/plan/common/harmless-pattern.ts'
import { ancestorsOf, type EventState, type PlanMode, type Property } from '#features/plan/common/plan.ts'

/** What a message can be told about the plan. */
export const findingCodes = [
  'PLAN_EVENT_UNKNOWN',
  'PLAN_EVENT_RETIRED',
  'PLAN_PROPERTY_MISSING',
  'PLAN_PROPERTY_TYPE',
  'PLAN_PROPERTY_VALUE',
  'PLAN_PROPERTY_PATTERN',
  'PLAN_PROPERTY_LENGTH',
] as const
export type FindingCode = (typeof findingCodes)[number]

/** One way in which a message breaks the plan. Neither text ever repeats what was sent. */
export type PlanFinding = { readonly code: FindingCode; readonly path: string; readonly detail: string }

export type SnapshotProperty = Pick<Property, 'name' | 'type' | 'required' | 'class'> &
  Partial<Pick<Property, 'values' | 'pattern' | 'maxLength'>>
/** Everything checking needs, as plain JSON. Drafts are not in it. */
export type PlanSnapshot = {
  revision: number
  events: { key: string; state: Exclude<EventState, 'draft'>; properties: SnapshotProperty[] }[]
  modes: { source: string; mode: PlanMode }[]
}
export type Pairs = readonly (readonly [name: string, text: string])[]

export type CompiledPlan = {
  readonly revision: number
  /**
   * What is wrong with one event, over its properties as canonical text. Allocates nothing when nothing is; events of the
   * plan keep properties that it doesn't know.
   */
  check(source: string, event: string, props: Pairs): readonly PlanFinding[]
  /** Whether the plan has the event; of others the properties don't matter. */
  has(event: string): boolean
  /** What becomes of findings of a source. */
  modeOf(source: string): PlanMode
  /** Whether a property of an event names a person and must leave the event; a nested one as its object does. */
  classOf(event: string, prop: string): 'identifier' | undefined
}

const nothing: readonly PlanFinding[] = Object.freeze([])
const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const plainLength = 40
const dateText = /^(\d{4})-(\d\d)-(\d\d)$/
const datetimeText =
  /^(\d{4})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$/
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDay(match: RegExpExecArray | null): boolean {
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : (daysOfMonth[month - 1] ?? 0))
}

/** Digits with at most one dot between them and a minus before, as nearly every number comes: no expression needs to run. */
function isPlainNumber(text: string, mayHaveDot: boolean): boolean {
  const start = text.charCodeAt(0) === 45 ? 1 : 0
  let hasDot = false
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= 48 && code <= 57) continue
    if (code !== 46 || hasDot || !mayHaveDot || at === start || at === text.length - 1) return false
    hasDot = true
  }
  const isZeroFirst = text.charCodeAt(start) === 48 && text.length > start + 1
  return text.length > start && (!isZeroFirst || text.charCodeAt(start + 1) === 46)
}

const isNumber = (text: string): boolean =>
  text.length <= plainLength && isPlainNumber(text, true)
    ? true
    : text.length <= 400 && numberText.test(text) && Number.isFinite(Number(text))
const isInteger = (text: string): boolean =>
  text.length <= plainLength && isPlainNumber(text, false)
    ? true
    : isNumber(text) && Number.isInteger(Number(text))

function isArray(text: string): boolean {
  if (text.charCodeAt(0) !== 91) return false
  try {
    return Array.isArray(JSON.parse(text))
  } catch {
    return false
  }
}

const readers: { readonly [T in Property['type']]: (text: string) => boolean } = {
  string: () => true,
  enum: () => true,
  number: isNumber,
  integer: isInteger,
  boolean: (text) => text === 'true' || text === 'false',
  date: (text) => text.length === 10 && isDay(dateText.exec(text)),
  datetime: (text) => text.length <= 40 && isDay(datetimeText.exec(text)),
  array: isArray,
  // An object comes as the properties inside of it, never as one text.
  object: () => false,
}

type Spec = {
  name: string
  isObject: boolean
  isRequired: boolean
  /** Declared properties around it: it stands inside of them. */
  outer: Spec[]
  read: (text: string) => boolean
  values: ReadonlySet<string> | undefined
  pattern: RegExp | undefined
  maxLength: number
  type: PlanFinding
  value: PlanFinding
  patternBroken: PlanFinding
  length: PlanFinding
  missing: PlanFinding
  /** The check that saw it last: tells presence and that it was reported without allocating. */
  seenIn: number
  reportedIn: number
}

type CompiledEvent = {
  isRetired: boolean
  specs: ReadonlyMap<string, Spec>
  required: readonly Spec[]
  /** Properties around a dotted name, remembered for names seen before. */
  around: Map<string, readonly Spec[]>
  identifiers: ReadonlySet<string> | undefined
  retired: readonly PlanFinding[]
}

const finding = (code: FindingCode, path: string, detail: string): PlanFinding => ({ code, path, detail })

function compileProperty(property: SnapshotProperty): Spec {
  const { name, type, values, pattern, maxLength } = property
  const path = `properties.${name}`
  return {
    name,
    isObject: type === 'object',
    // An identifier has left the event before the plan looks, so its absence says nothing.
    isRequired: property.required && property.class !== 'identifier',
    outer: [],
    read: readers[type],
    values: values && type === 'enum' ? new Set(values) : undefined,
    pattern: pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u'),
    maxLength: maxLength ?? Number.POSITIVE_INFINITY,
    type: finding('PLAN_PROPERTY_TYPE', path, `the plan wants ${type}`),
    value: finding(
      'PLAN_PROPERTY_VALUE',
      path,
      `the plan allows ${values?.length ?? 0} values, not this one`,
    ),
    patternBroken: finding('PLAN_PROPERTY_PATTERN', path, 'the text does not have the form of the plan'),
    length: finding('PLAN_PROPERTY_LENGTH', path, `the plan allows ${maxLength ?? 0} characters`),
    missing: finding('PLAN_PROPERTY_MISSING', path, 'the plan wants this property'),
    seenIn: 0,
    reportedIn: 0,
  }
}

function compileEvent(event: PlanSnapshot['events'][number]): CompiledEvent {
  const specs = new Map(event.properties.map((property) => [property.name, compileProperty(property)]))
  for (const spec of specs.values())
    spec.outer = ancestorsOf(spec.name).flatMap((name) => specs.get(name) ?? [])
  const identifiers = event.properties.filter((one) => one.class === 'identifier').map((one) => one.name)
  return {
    isRetired: event.state === 'retired',
    specs,
    required: [...specs.values()].filter((spec) => spec.isRequired),
    around: new Map(),
    identifiers: identifiers.length > 0 ? new Set(identifiers) : undefined,
    retired: [finding('PLAN_EVENT_RETIRED', 'event', 'the plan has retired this event')],
  }
}

/** Characters as people count them: one outside of the basic plane is two units of the text. */
function isLonger(text: string, most: number): boolean {
  if (text.length <= most) return false
  if (text.length > most * 2) return true
  let count = 0
  for (const _ of text) count += 1
  return count > most
}

/** Names come from outside, so what is remembered of them is bounded. */
const mostAround = 1000

function specsAround(event: CompiledEvent, name: string): readonly Spec[] {
  const known = event.around.get(name)
  if (known) return known
  const found = ancestorsOf(name).flatMap((parent) => event.specs.get(parent) ?? [])
  if (event.around.size < mostAround && name.length <= 200) event.around.set(name, found)
  return found
}

function valueFinding(spec: Spec, text: string): PlanFinding | undefined {
  if (!spec.read(text)) return spec.type
  if (spec.values && !spec.values.has(text)) return spec.value
  if (isLonger(text, spec.maxLength)) return spec.length
  // What is too long to look at quickly can't be told to have the form.
  if (spec.pattern && (text.length > longestMatched || !spec.pattern.test(text))) return spec.patternBroken
  return undefined
}

const unknownEvent: readonly PlanFinding[] = [
  finding('PLAN_EVENT_UNKNOWN', 'event', 'the plan does not have this event'),
]

/** Turns a snapshot into maps that answer at once. */
export function compilePlan(snapshot: PlanSnapshot): CompiledPlan {
  const events = new Map(snapshot.events.map((event) => [event.key, compileEvent(event)]))
  const modes = new Map(snapshot.modes.map(({ source, mode }) => [source, mode]))
  let round = 0
  let found: PlanFinding[] | undefined

  function report(spec: Spec, problem: PlanFinding): void {
    if (spec.reportedIn === round) return
    spec.reportedIn = round
    found ??= []
    found.push(problem)
  }

  /** What is inside of properties came: they are there, and must be objects. */
  function enter(outer: readonly Spec[]): void {
    for (const spec of outer) {
      spec.seenIn = round
      if (!spec.isObject) report(spec, spec.type)
    }
  }

  function checkProperties(event: CompiledEvent, props: Pairs): readonly PlanFinding[] {
    round += 1
    found = undefined
    for (let nth = 0; nth < props.length; nth += 1) {
      const pair = props[nth] as readonly [string, string]
      const spec = event.specs.get(pair[0])
      if (!spec) {
        if (pair[0].includes('.')) enter(specsAround(event, pair[0]))
        continue
      }
      spec.seenIn = round
      const problem = valueFinding(spec, pair[1])
      if (problem) report(spec, problem)
      if (spec.outer.length > 0) enter(spec.outer)
    }
    for (const spec of event.required) if (spec.seenIn !== round) report(spec, spec.missing)
    return found ?? nothing
  }

  return {
    revision: snapshot.revision,
    has: (name) => events.has(name),
    check(_source, name, props) {
      const event = events.get(name)
      if (!event) return unknownEvent
      if (event.isRetired) return event.retired
      return checkProperties(event, props)
    },
    modeOf: (source) => modes.get(source) ?? 'observe',
    classOf(name, prop) {
      const identifiers = events.get(name)?.identifiers
      if (!identifiers) return undefined
      if (identifiers.has(prop)) return 'identifier'
      if (!prop.includes('.')) return undefined
      return ancestorsOf(prop).some((parent) => identifiers.has(parent)) ? 'identifier' : undefined
    },
  }
}
