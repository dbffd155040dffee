import {
  at,
  checkComparison,
  checkName,
  checkNumeric,
  checkWhere,
  checkWithin,
  extra,
  type Fields,
  isFields,
  isNumber,
  type Json,
  problem,
  type RuleProblem,
} from './check-values.ts'
import type { LeafKind } from './leaf-kinds.ts'

/** The fields each kind of condition may have. */
export const leafFields: { readonly [K in LeafKind]: readonly string[] } = {
  tag: ['tag', 'is', 'value', 'at'],
  did: ['did', 'where', 'within', 'count', 'sum', 'first'],
  sequence: ['sequence', 'within', 'duration', 'same'],
  segment: ['segment'],
  list: ['list'],
  org: ['org'],
  near: ['near', 'did', 'within'],
  top: ['top'],
  sample: ['sample'],
}

type Check = (value: Fields, path: string) => RuleProblem[]

const optional = (value: Json, check: () => RuleProblem[]): RuleProblem[] =>
  value === undefined ? [] : check()

const number = (value: Json, low: number, high: number, path: string): RuleProblem[] =>
  isNumber(value) && value >= low && value <= high
    ? []
    : problem(path, `应为 ${low} 到 ${high} 的数字`, `should be a number from ${low} to ${high}`)

const positive = (value: Json, high: number, path: string): RuleProblem[] =>
  isNumber(value) && value > 0 && value <= high
    ? []
    : problem(path, `应大于 0 且不超过 ${high}`, `should be above 0 and at most ${high}`)

const day = /^\d{4}-\d{2}-\d{2}$/
const isDay = (value: Json): boolean => {
  if (typeof value !== 'string' || !day.test(value)) return false
  const time = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

const checkTag: Check = (value, path) => [
  ...checkName(value.tag, 64, at(path, 'tag'), 'tag'),
  ...checkComparison(value, path),
  ...(value.at === undefined || isDay(value.at) ? [] : problem(at(path, 'at'), '请填写日期', 'give a day')),
]

const checkDid: Check = (value, path) => [
  ...checkName(value.did, 200, at(path, 'did'), 'event'),
  ...optional(value.where, () => checkWhere(value.where, at(path, 'where'))),
  ...optional(value.within, () => checkWithin(value.within, at(path, 'within'))),
  ...optional(value.count, () => checkNumeric(value.count, at(path, 'count'), false)),
  ...optional(value.sum, () => checkNumeric(value.sum, at(path, 'sum'), true)),
  ...(value.first === undefined || typeof value.first === 'boolean'
    ? []
    : problem(at(path, 'first'), '应为是或否', 'should be true or false')),
]

const mostSteps = 10
const referenceOperators: readonly Json[] = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte']

/** A comparison with a property of an earlier step. */
function checkReference(value: Fields, step: number, path: string): RuleProblem[] {
  const isEarlier = Number.isInteger(value.step) && Number(value.step) >= 0 && Number(value.step) < step
  return [
    ...extra(value, ['prop', 'is', 'step', 'of'], path),
    ...checkName(value.prop, 200, at(path, 'prop'), 'prop'),
    ...(referenceOperators.includes(value.is)
      ? []
      : problem(at(path, 'is'), '请选择比较方式', 'choose how to compare')),
    ...(isEarlier ? [] : problem(at(path, 'step'), '请选择前面的一步', 'choose an earlier step')),
    ...checkName(value.of, 200, at(path, 'of'), 'prop'),
  ]
}

function checkStepWhere(value: Json, step: number, path: string): RuleProblem[] {
  if (!Array.isArray(value) || value.length > 50) return checkWhere(value, path)
  return value.flatMap((one, index) =>
    isFields(one) && (Object.hasOwn(one, 'step') || Object.hasOwn(one, 'of'))
      ? checkReference(one, step, at(path, index))
      : checkWhere([one], path).map((wrong) => ({
          ...wrong,
          path: wrong.path.replace(`${path}.0`, `${path}.${index}`),
        })),
  )
}

function checkStep(value: Json, index: number, path: string): RuleProblem[] {
  if (!isFields(value)) return problem(path, '应为一步', 'should be a step')
  return [
    ...extra(value, ['did', 'where'], path),
    ...checkName(value.did, 200, at(path, 'did'), 'event'),
    ...optional(value.where, () => checkStepWhere(value.where, index, at(path, 'where'))),
  ]
}

const durations = { days: 36_600, hours: 900_000, minutes: 60_000_000 } as const

function checkDuration(value: Json, path: string): RuleProblem[] {
  const unit = isFields(value)
    ? (Object.keys(durations) as (keyof typeof durations)[]).find((name) => Object.hasOwn(value, name))
    : undefined
  if (!isFields(value) || !unit) return problem(path, '应为一段时长', 'should be a length of time')
  return [...extra(value, [unit], path), ...positive(value[unit], durations[unit], at(path, unit))]
}

const checkSequence: Check = (value, path) => {
  const steps = value.sequence
  const place = at(path, 'sequence')
  const wrong =
    Array.isArray(steps) && steps.length >= 1 && steps.length <= mostSteps
      ? steps.flatMap((one, index) => checkStep(one, index, at(place, index)))
      : problem(place, `应有 1 到 ${mostSteps} 步`, `should have 1 to ${mostSteps} steps`)
  return [
    ...wrong,
    ...optional(value.within, () => checkWithin(value.within, at(path, 'within'))),
    ...optional(value.duration, () => checkDuration(value.duration, at(path, 'duration'))),
    ...optional(value.same, () => checkName(value.same, 200, at(path, 'same'), 'same')),
  ]
}

const checkNear: Check = (value, path) => {
  const place = at(path, 'near')
  const { near } = value
  const own = isFields(near)
    ? [
        ...extra(near, ['lat', 'lng', 'km'], place),
        ...number(near.lat, -90, 90, at(place, 'lat')),
        ...number(near.lng, -180, 180, at(place, 'lng')),
        ...positive(near.km, 25_000, at(place, 'km')),
      ]
    : problem(place, '请填写地点', 'give a place')
  return [
    ...own,
    ...optional(value.did, () => checkName(value.did, 200, at(path, 'did'), 'event')),
    ...optional(value.within, () =>
      value.did === undefined
        ? problem(at(path, 'within'), '时间范围需要先选事件', 'a time window needs an event')
        : checkWithin(value.within, at(path, 'within')),
    ),
  ]
}

const checkTop: Check = ({ top }, path) => {
  const place = at(path, 'top')
  if (!isFields(top)) return problem(place, '请选择按哪个标签取前几名', 'choose the tag to rank by')
  const isWhole = Number.isInteger(top.n)
  return [
    ...extra(top, ['tag', 'n', 'order', 'of'], place),
    ...checkName(top.tag, 64, at(place, 'tag'), 'tag'),
    ...(isWhole
      ? number(top.n, 1, 1_000_000, at(place, 'n'))
      : problem(at(place, 'n'), '应为整数', 'should be a whole number')),
    ...(top.order === undefined || top.order === 'desc' || top.order === 'asc'
      ? []
      : problem(at(place, 'order'), '请选择从高到低还是从低到高', 'choose highest or lowest first')),
  ]
}

const checkSample: Check = ({ sample }, path) => {
  const place = at(path, 'sample')
  if (!isFields(sample)) return problem(place, '请填写抽样比例', 'give the share of the sample')
  return [
    ...extra(sample, ['percent', 'salt'], place),
    ...number(sample.percent, 0, 100, at(place, 'percent')),
    ...checkName(sample.salt, 200, at(place, 'salt'), 'salt'),
  ]
}

/** What is wrong with a condition of each kind. */
export const checkLeaf: { readonly [K in LeafKind]: Check } = {
  tag: checkTag,
  did: checkDid,
  sequence: checkSequence,
  segment: (value, path) => checkName(value.segment, 64, at(path, 'segment'), 'segment'),
  list: (value, path) => checkName(value.list, 64, at(path, 'list'), 'list'),
  org: (value, path) => checkName(value.org, 64, at(path, 'org'), 'org'),
  near: checkNear,
  top: checkTop,
  sample: checkSample,
}
