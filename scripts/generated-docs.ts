import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ErrorKind } from '#platform/common/errors.ts'
import { settings } from '#platform/server/config.ts'

type Table = Record<string, readonly [ErrorKind, (details: unknown) => string]>

/** Stands for a detail of an error in its message: whatever is done with it, its text is its name in braces. */
const placeholder = (name: string): unknown =>
  new Proxy(() => undefined, {
    get: (_, property) =>
      property === Symbol.toPrimitive || property === 'toString'
        ? () => `{${name}}`
        : () => placeholder(name),
  })
const placeholders = new Proxy({}, { get: (_, name) => placeholder(String(name)) })

const errorFiles = (root: string): string[] =>
  [
    ...readdirSync(join(root, 'platform/common')).map((name) => join('platform/common', name)),
    ...readdirSync(join(root, 'features')).flatMap((feature) => {
      const folder = join('features', feature, 'common')
      try {
        return readdirSync(join(root, folder)).map((name) => join(folder, name))
      } catch {
        return []
      }
    }),
  ]
    .filter((path) => path.endsWith('-errors.ts'))
    .sort()

const statusOf: { readonly [K in ErrorKind]: number } = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  tooLarge: 413,
  limited: 429,
  unavailable: 503,
}

/** `docs/errors.md`: every code of every error table. */
export async function errorsPage(root: string): Promise<string> {
  const sections: string[] = []
  for (const path of errorFiles(root)) {
    const exported = (await import(pathToFileURL(join(root, path)).href)) as Record<string, { table?: Table }>
    const rows = Object.values(exported).flatMap(({ table }) => Object.entries(table ?? {}))
    if (rows.length === 0) throw new Error(`${path} exports no error table`)
    const owner = path.startsWith('platform')
      ? `platform: ${path.split('/').at(-1)?.replace('-errors.ts', '')}`
      : (path.split('/')[1] ?? '')
    const lines = rows
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(
        ([code, [kind, message]]) =>
          `| \`${code}\` | ${statusOf[kind]} | ${message(placeholders).replaceAll('|', '\\|')} |`,
      )
    sections.push(
      [`## ${owner}`, '', '| code | status | message |', '| --- | --- | --- |', ...lines].join('\n'),
    )
  }
  return `${[
    '# Errors',
    '',
    'Every error of the API is `application/problem+json` with `type, title, status, code, detail` and, for input, `errors`:',
    'one entry a broken field with its path. Codes are stable. This page is generated from the error tables',
    '(`npm run docs`), and a test compares the two. Rejected events carry the codes under “ingest” in the `rejected` list of',
    'a 200 answer.',
    ...sections.flatMap((section) => ['', section]),
  ].join('\n')}\n`
}

/** `.env.example`: every setting with what it means; all have a default or may be absent. */
export function environmentExample(): string {
  const lines = Object.entries(settings).flatMap(([name, { schema, about }]) => {
    const parsed = schema.safeParse(undefined)
    const preset = parsed.success && parsed.data !== undefined ? String(parsed.data) : ''
    return [`# ${about}`, `#${name}=${preset}`, '']
  })
  return `${['# Settings of Zhike. None is needed to try it; uncomment what you change.', '', ...lines].join('\n').trimEnd()}\n`
}

/** What the repository holds of a generated file, or empty text. */
export function committed(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return ''
  }
}
