import type { tagTypes as serverTagTypes, TagSource } from '../common/tag.ts'

// Lists of the schema, repeated here so that pages don't download the schema library; the types keep them equal.
export const tagTypes: typeof serverTagTypes = ['bool', 'enum', 'number', 'date']
export const aggregations: readonly Extract<TagSource, { agg: string }>['agg'][] = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'distinct',
  'first',
  'last',
]
