import type { tagTypes as serverTagTypes } from '../common/tag-source.ts'

// The list of the schema, repeated here so that pages don't download the schema library; the type keeps them equal.
export const tagTypes: typeof serverTagTypes = ['bool', 'enum', 'number', 'date']
