import type { Rule } from '../common/rule.ts'
import { checkLeaf, leafFields } from './check-leaves.ts'
import { at, extra, isFields, type Json, problem, type RuleProblem } from './check-values.ts'

export { checkWhere, checkWithin, type RuleProblem } from './check-values.ts'

const groups = ['all', 'any', 'not'] as const
// A place may have an event beside it, so it is asked for before events are.
const kinds = [
  ...groups,
  'near',
  'segment',
  'tag',
  'did',
  'sequence',
  'sample',
  'top',
  'list',
  'org',
] as const

/** Everything wrong with a rule; empty when it can be saved. */
export function checkRule(value: Json, path = ''): RuleProblem[] {
  if (!isFields(value)) return problem(path, '应为一个条件对象', 'should be a condition object')
  const kind = kinds.find((one) => Object.hasOwn(value, one))
  if (!kind) {
    return problem(
      path,
      `应恰好含有 ${kinds.join('、')} 之一`,
      `should have exactly one of ${kinds.join(', ')}`,
    )
  }
  if (kind === 'all' || kind === 'any')
    return [...extra(value, [kind], path), ...checkList(value[kind], at(path, kind))]
  if (kind === 'not') return [...extra(value, ['not'], path), ...checkRule(value.not, at(path, 'not'))]
  return [
    ...extra(value, leafFields[kind], path),
    ...checkLeaf[kind](value, path),
    ...(kind === 'top' ? checkAmong(value.top, at(path, 'top')) : []),
  ]
}

/** Of whom the first ones are taken: a rule of its own. */
const checkAmong = (top: Json, path: string): RuleProblem[] =>
  isFields(top) && top.of !== undefined ? checkRule(top.of, at(path, 'of')) : []

function checkList(value: Json, path: string): RuleProblem[] {
  if (!Array.isArray(value)) return problem(path, '应为条件列表', 'should be a list of conditions')
  if (value.length > 200) return problem(path, '一组最多 200 个条件', 'a group takes at most 200 conditions')
  return value.flatMap((one, index) => checkRule(one, at(path, index)))
}

/** Reads the JSON view: the rule, or what is wrong with it. */
export function readRule(text: string): { rule: Rule } | { problems: RuleProblem[] } {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch (error) {
    const where = error instanceof Error ? error.message : ''
    return { problems: problem('', `不是合法的 JSON：${where}`, `not valid JSON: ${where}`) }
  }
  const problems = checkRule(value)
  return problems.length > 0 ? { problems } : { rule: value as Rule }
}
