import type { Comparison } from '../common/rule.ts'

/** What is wrong with a rule and where, in both languages; the server checks the same. */
export type RuleProblem = { path: string; zh: string; en: string }

// The schema's list, repeated so that pages don't download the schema library; a test keeps both checks equal.
const comparisons: readonly Comparison[] = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'between', 'exists']

export type Json = unknown
export type Fields = Record<string, Json>

export const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isScalar = (value: Json) =>
  typeof value === 'string'
    ? value.length <= 1000
    : typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
export const isNumber = (value: Json): value is number => typeof value === 'number' && Number.isFinite(value)
export const at = (path: string, name: string | number) => (path === '' ? String(name) : `${path}.${name}`)
export const problem = (path: string, zh: string, en: string): RuleProblem[] => [{ path, zh, en }]

export function extra(value: Fields, known: readonly string[], path: string): RuleProblem[] {
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .flatMap((name) => problem(at(path, name), '不认识的字段', 'is not a known field'))
}

const missing = {
  segment: ['请选择客群', 'choose a segment'],
  list: ['请选择名单', 'choose a list'],
  org: ['请选择机构', 'choose an org unit'],
  salt: ['请填写抽样口令', 'name the sample'],
  same: ['请选择相同的属性', 'choose the property that is the same'],
  tag: ['请选择标签', 'choose a tag'],
  event: ['请选择事件', 'choose an event'],
  prop: ['请选择属性', 'choose a property'],
} as const

export function checkName(
  value: Json,
  longest: number,
  path: string,
  what: keyof typeof missing,
): RuleProblem[] {
  if (typeof value === 'string' && value.length > 0 && value.length <= longest) return []
  const [zh, en] = missing[what]
  return problem(path, zh, en)
}

export function checkComparison(value: Fields, path: string): RuleProblem[] {
  const is = value.is
  const place = at(path, 'value')
  if (!comparisons.some((known) => known === is))
    return problem(at(path, 'is'), '请选择比较方式', 'choose how to compare')
  if (is === 'exists')
    return value.value === undefined ? [] : problem(place, '“有值”不需要填值', '"exists" takes no value')
  if (is === 'in') {
    const list = value.value
    if (!Array.isArray(list) || list.length > 10_000 || !list.every(isScalar))
      return problem(place, '应为值的列表', 'should be a list of values')
    return []
  }
  if (is === 'between') {
    const pair = value.value
    return Array.isArray(pair) && pair.length === 2 && pair.every(isScalar)
      ? []
      : problem(place, '请填写起止两个值', 'give two values')
  }
  return isScalar(value.value) ? [] : problem(place, '请填写值', 'give a value')
}

/** Conditions on an event's properties; also of a tag's source. */
export function checkWhere(value: Json, path: string): RuleProblem[] {
  if (!Array.isArray(value) || value.length > 50)
    return problem(path, '最多 50 个属性条件', 'takes at most 50 property conditions')
  return value.flatMap((one, index) => {
    const place = at(path, index)
    if (!isFields(one)) return problem(place, '应为属性条件', 'should be a property condition')
    return [
      ...extra(one, ['prop', 'is', 'value'], place),
      ...checkName(one.prop, 200, at(place, 'prop'), 'prop'),
      ...checkComparison(one, place),
    ]
  })
}

export function checkNumeric(value: Json, path: string, hasProp: boolean): RuleProblem[] {
  if (!isFields(value)) return problem(path, '应为数值条件', 'should be a numeric condition')
  const unknown = extra(value, hasProp ? ['prop', 'is', 'value'] : ['is', 'value'], path)
  const prop = hasProp ? checkName(value.prop, 200, at(path, 'prop'), 'prop') : []
  const list = Array.isArray(value.value) ? value.value : [value.value]
  if (value.is === 'exists')
    return [
      ...unknown,
      ...prop,
      ...problem(at(path, 'is'), '次数和合计不能用“有值”', 'counts and sums cannot use "exists"'),
    ]
  const wrong =
    list.length <= 1000 && list.every(isNumber)
      ? []
      : problem(at(path, 'value'), '请填写数字', 'give a number')
  return [...unknown, ...prop, ...(wrong.length > 0 ? wrong : checkComparison(value, path))]
}

const bankTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/
export const isBankTime = (value: Json) =>
  value === undefined ||
  (typeof value === 'string' && bankTime.test(value) && !Number.isNaN(Date.parse(value)))

/** A time window; also of a tag's source. */
export function checkWithin(value: Json, path: string): RuleProblem[] {
  if (!isFields(value)) return problem(path, '应为时间范围', 'should be a time window')
  const unit = ['days', 'hours', 'minutes'].find((name) => Object.hasOwn(value, name))
  if (!unit) {
    const wrong =
      isBankTime(value.from) && isBankTime(value.to)
        ? []
        : problem(path, '请填写正确的起止日期', 'give valid dates')
    return [...extra(value, ['from', 'to'], path), ...wrong]
  }
  const most = { days: 36_600, hours: 900_000, minutes: 60_000_000 }[unit] ?? 0
  const n = value[unit]
  const fits = isNumber(n) && n <= most && (unit === 'days' ? Number.isInteger(n) && n >= 1 : n > 0)
  const wrong = fits
    ? []
    : problem(at(path, unit), `应为 1 到 ${most} 的数字`, `should be a number from 1 to ${most}`)
  return [...extra(value, [unit], path), ...wrong]
}
