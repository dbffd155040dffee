import type { Rule } from '#features/rules/common/rule.ts'
import type { Tag } from '#features/tags/common/tag.ts'
import type { TagSource } from '#features/tags/common/tag-source.ts'

type Words = readonly [zh: string, en: string]

/** A tag ready to be made. */
export type Template = {
  key: string
  name: { zh: string; en: string }
  description: { zh: string; en: string }
  directory: readonly string[]
  type: Tag['type']
  class: Tag['class']
  unit: string
  source: TagSource
}

type Facts = { type?: Tag['type']; c2?: true; unit?: string }

/** Makes templates of one folder: key, name, description, source, and what is out of the ordinary (a bool of class C1). */
export function templatesIn(...directory: string[]) {
  return (
    key: string,
    name: Words,
    description: Words,
    source: TagSource,
    { type = 'bool', c2, unit = '' }: Facts = {},
  ): Template => ({
    key,
    name: { zh: name[0], en: name[1] },
    description: { zh: description[0], en: description[1] },
    directory,
    type,
    class: c2 ? 'C2' : 'C1',
    unit,
    source,
  })
}

export const number = (unit: string): Facts => ({ type: 'number', unit })
/** Amounts are for those who may see balances. */
export const yuan: Facts = { type: 'number', unit: '元', c2: true }
export const text: Facts = { type: 'enum' }
export const day: Facts = { type: 'date' }

export const did = (event: string, days: number): Rule => ({ did: event, within: { days } })
export const tagIs = (
  tag: string,
  is: 'eq' | 'in' | 'lt' | 'lte' | 'gt' | 'gte' | 'between',
  value: string | number | boolean | (string | number | boolean)[],
): Rule => ({ tag, is, value })
