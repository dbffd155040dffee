import type { Pair } from '#platform/web/language.ts'
import type { CreatePlanEvent, Place, Property } from '../common/plan.ts'

/** An event of the plan while it is written; `revision` is that of what it started from. */
export type PlanDraft = CreatePlanEvent & { revision: number }

export const emptyDraft: PlanDraft = {
  key: '',
  name: { zh: '', en: '' },
  description: '',
  owner: '',
  properties: [],
  places: [],
  revision: 0,
}
export const emptyProperty: Property = {
  name: '',
  type: 'string',
  required: false,
  class: 'C1',
  example: '',
  description: '',
}

/** The list with one item at another place; out of bounds changes nothing. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items]
  if (to < 0 || to >= items.length) return next
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}

/** What a property may not say with its type is left out, so that changing the type never leaves something unseen behind. */
export function cleanProperty(property: Property): Property {
  const { values, pattern, maxLength, ...rest } = property
  return {
    ...rest,
    name: property.name.trim(),
    ...(property.type === 'enum' && values ? { values } : {}),
    ...(property.type === 'string' && pattern ? { pattern } : {}),
    ...(property.type === 'string' && maxLength ? { maxLength } : {}),
  }
}

const cleanPlace = ({ space, page }: Place): Place =>
  page?.trim() ? { space: space.trim(), page: page.trim() } : { space: space.trim() }

/** As it is sent. */
export const cleanDraft = (draft: PlanDraft): PlanDraft => ({
  ...draft,
  key: draft.key.trim(),
  owner: draft.owner.trim(),
  properties: draft.properties.map(cleanProperty),
  places: draft.places.map(cleanPlace),
})

/** What is still missing, in both languages; empty when it can be sent. */
export function problemsOf(draft: PlanDraft): Pair[] {
  const problems: Pair[] = []
  if (draft.key.trim() === '') problems.push(['事件名', 'event name'])
  if (draft.name.zh.trim() === '') problems.push(['中文名称', 'Chinese name'])
  if (draft.name.en.trim() === '') problems.push(['英文名称', 'English name'])
  if (draft.owner.trim() === '') problems.push(['负责人', 'owner'])
  const names = draft.properties.map((property) => property.name.trim())
  if (names.includes('')) problems.push(['属性名', 'name of a property'])
  if (new Set(names).size < names.length) problems.push(['属性名不能重复', 'different names of properties'])
  if (draft.properties.some((one) => one.type === 'enum' && !one.values?.length))
    problems.push(['枚举的取值', 'values of an enum'])
  if (draft.places.some((place) => place.space.trim() === '')) problems.push(['空间', 'space'])
  return problems
}
