import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const head = `import { createZhike } from './index.ts'
import { createZhike as createNode } from './node.ts'
import { createZhike as createMini } from './miniprogram.ts'
/** As \`npx zhike plan types\` prints it. */
export interface ZhikeEvents {
  'product_purchased': { product: string; amount: number; channel?: 'app' | 'branch' }
  'logged_in': {}
}
const where = { host: 'http://127.0.0.1', writeKey: 'k' }
const zhike = createZhike<ZhikeEvents>(where)
`

const good = `zhike.track('product_purchased', { product: 'W01', amount: 5 })
zhike.track('product_purchased', { product: 'W01', amount: 5, channel: 'app' }, { timestamp: new Date() })
zhike.track('logged_in')
zhike.trackUntyped('not_planned_yet', { anything: 1 })
createZhike(where).track('any_event', { any: 'thing' })
createNode<ZhikeEvents>(where).track('logged_in', {}, { userId: 'C1' })
createMini<ZhikeEvents>(where).track('logged_in')
`

const bad: [string, string][] = [
  ['an unknown event', `zhike.track('product_purchase', { product: 'W01', amount: 5 })`],
  ['a missing property', `zhike.track('product_purchased', { product: 'W01' })`],
  ['no properties where some are required', `zhike.track('product_purchased')`],
  ['a wrong type', `zhike.track('product_purchased', { product: 'W01', amount: '5' })`],
  [
    'a value that is not allowed',
    `zhike.track('product_purchased', { product: 'W01', amount: 5, channel: 'web' })`,
  ],
  ['an unknown property', `zhike.track('product_purchased', { product: 'W01', amount: 5, pirce: 6 })`],
  ['an unknown event on a server', `createNode<ZhikeEvents>(where).track('nope')`],
  ['an unknown event in a mini-program', `createMini<ZhikeEvents>(where).track('nope')`],
]

/** The README's example without its imports and its client, which the head has. */
function readmeExample(): string {
  const [, example = ''] = readFileSync(here('../README.md'), 'utf8').split('```ts\n')
  const lines = example.split('```')[0]!.split('\n')
  return lines.filter((line) => line.startsWith('zhike.')).join('\n')
}

/** The lines of the sample that do not compile. */
function linesWithErrors(text: string): number[] {
  const sample = here('./typed-events-sample.ts')
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (path) => path === sample || fileExists(path)
  host.getSourceFile = (path, ...rest) =>
    path === sample ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest)
  const program = ts.createProgram([sample], options, host)
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(sample))
  return found.map(({ start = 0 }) => text.slice(0, start).split('\n').length)
}

test('planned events compile, and each way to break the plan does not', () => {
  const text = `${head}${good}${readmeExample()}\n${bad.map(([, line]) => line).join('\n')}\n`
  const firstBad = text.split('\n').length - bad.length - 1
  const wrong = new Set(linesWithErrors(text))
  const missed = bad.filter((_, i) => !wrong.has(firstBad + 1 + i)).map(([name]) => name)
  expect(missed).toEqual([])
  expect([...wrong].filter((line) => line <= firstBad)).toEqual([])
})
