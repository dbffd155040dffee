import { sourceError } from '#features/tags/common/source-errors.ts'

const refused = (detail: string) =>
  sourceError('TAG_SQL_REFUSED', { detail }, [
    { path: 'source.sql', code: 'TAG_SQL_REFUSED', message: detail },
  ])

/** Comments fall away; everything else is one of these, or the text is refused. */
const tokenPattern =
  /\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|[A-Za-z_][A-Za-z0-9_]*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|->|<=>|<=|>=|<>|!=|==|\|\||::|[-+*/%(),.<>=[\]:?]/y

/** Words that would add a clause with effects of its own, wherever they stand. */
const forbidden = new Set([
  'settings',
  'format',
  'into',
  'outfile',
  'infile',
  'explain',
  'describe',
  'show',
  'apply',
])

export type SqlText = {
  /** The text without comments, each token apart: nothing else reaches the engine. */
  text: string
  /** Names given by WITH … AS (SELECT …). */
  named: string[]
}

/** Cuts an SQL into tokens and refuses whatever a plain SELECT does not need: several statements, quoted names, parameters. */
export function readSqlText(source: string): SqlText {
  const tokens: string[] = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < source.length) {
    const at = tokenPattern.lastIndex
    const token = tokenPattern.exec(source)?.[0]
    if (token === undefined) {
      const around = JSON.stringify(source.slice(at, at + 10))
      throw refused(`${around} does not belong into a SELECT (one statement, plain names, no parameters).`)
    }
    if (/^(?:\s|--|\/\*)/.test(token)) continue
    if (forbidden.has(token.toLowerCase())) throw refused(`${token.toUpperCase()} is not allowed.`)
    tokens.push(token)
  }
  if (!/^(?:select|with)$/i.test(tokens[0] ?? '')) throw refused('it is not a SELECT.')
  return { text: tokens.join(' '), named: namesOf(tokens) }
}

function namesOf(tokens: readonly string[]): string[] {
  const names: string[] = []
  for (const [at, token] of tokens.entries()) {
    const [before = '', next = '', after = ''] = [tokens[at - 1], tokens[at + 1], tokens[at + 2]]
    const isNamed = token.toLowerCase() === 'as' && next === '(' && /^(?:select|with)$/i.test(after)
    if (isNamed && /^[A-Za-z_]/.test(before)) names.push(before)
  }
  return names
}
