import { createHash } from 'node:crypto'
import type { Reference } from '#features/approvals/common/approval.ts'

/** Everything an approval is about: what the thing says, whose it is, and what it refers to. */
export type Material<B = unknown> = { body: B; ownerOrgId: number; references: Reference[] }

/** JSON with sorted names and without what is undefined, so that equal content is equal text. */
function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`
}

/** SHA-256 of the canonical JSON of the material, in hexadecimal. */
export function contentHash({ body, ownerOrgId, references }: Material): string {
  const sorted = [...references].sort((one, other) => (referenceId(one) < referenceId(other) ? -1 : 1))
  return createHash('sha256')
    .update(canonicalJson({ body, ownerOrgId, references: sorted }))
    .digest('hex')
}

const referenceId = ({ kind, key }: Reference) => `${kind}:${key}`
