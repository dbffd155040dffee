import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { checkMapping } from '#features/imports/common/check-mapping.ts'
import { importError } from '#features/imports/common/import-errors.ts'
import { Mapping } from '#features/imports/common/mapping.ts'
import type { FieldError } from '#platform/common/errors.ts'

type Issue = z.core.$ZodIssue

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`,
    '',
  )

const depthOf = (issues: readonly Issue[]): number =>
  Math.max(
    0,
    ...issues.map(
      (issue) =>
        issue.path.length + (issue.code === 'invalid_union' ? Math.max(0, ...issue.errors.map(depthOf)) : 0),
    ),
  )

/** Of the ways a union could have been meant, the one that fits furthest is the one whose errors help. */
function flatten(issue: Issue, above: readonly PropertyKey[]): FieldError[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = issue.errors.toSorted((one, other) => depthOf(other) - depthOf(one))[0] ?? []
    const isAnyType = issue.errors.every((errors) =>
      errors.every((each) => each.code === 'invalid_type' && each.path.length === 0),
    )
    if (!isAnyType) return best.flatMap((each) => flatten(each, path))
    const wanted = [
      ...new Set(issue.errors.flat().map((each) => (each.code === 'invalid_type' ? each.expected : ''))),
    ]
    return [{ path: pathText(path), code: 'INVALID_TYPE', message: `must be one of: ${wanted.join(', ')}` }]
  }
  return [{ path: pathText(path), code: issue.code.toUpperCase(), message: issue.message }]
}

/** Reads a mapping from parsed JSON; throws MAPPING_INVALID with the place of everything that is wrong. */
export function parseMapping(json: unknown, path: string): Mapping {
  const parsed = Mapping.safeParse(json)
  const errors = parsed.success
    ? checkMapping(parsed.data)
    : parsed.error.issues.flatMap((issue) => flatten(issue, []))
  if (parsed.success && errors.length === 0) return parsed.data
  const shown = errors.slice(0, 20).map((error) => `\n  ${error.path || '(whole file)'}: ${error.message}`)
  throw importError('MAPPING_INVALID', { path, detail: `the mapping is wrong:${shown.join('')}` }, errors)
}

export async function loadMapping(path: string): Promise<Mapping> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' ? 'there is no such file.' : `cannot be read (${error.code ?? 'unknown'}).`
    throw importError('MAPPING_UNREADABLE', { path, reason })
  })
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw importError('MAPPING_UNREADABLE', { path, reason: `is no JSON: ${(error as Error).message}` })
  }
  return parseMapping(json, path)
}

/** Two mappings with the same hash do the same to the same files. */
export function mappingHash({ $schema: _, description: __, ...mapping }: Mapping): string {
  return createHash('sha256').update(JSON.stringify(mapping)).digest('hex')
}
