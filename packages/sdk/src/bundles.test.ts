import { gzipSync } from 'node:zlib'
import ts from 'typescript'
import { expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle, bundleNames } from '../build.mjs'

const kind = ts.SyntaxKind
const newer: Partial<Record<ts.SyntaxKind, string>> = {
  [kind.SpreadAssignment]: 'object spread',
  [kind.QuestionDotToken]: 'optional chaining',
  [kind.QuestionQuestionToken]: 'nullish coalescing',
  [kind.QuestionQuestionEqualsToken]: 'nullish assignment',
  [kind.BarBarEqualsToken]: 'logical assignment',
  [kind.AmpersandAmpersandEqualsToken]: 'logical assignment',
  [kind.BigIntLiteral]: 'bigint',
  [kind.PrivateIdentifier]: 'private member',
  [kind.PropertyDeclaration]: 'class field',
  [kind.ClassStaticBlockDeclaration]: 'static block',
  [kind.ImportKeyword]: 'dynamic import',
}

function nameOfNewer(node: ts.Node): string | undefined {
  if (ts.isCatchClause(node) && !node.variableDeclaration) return 'catch without a name'
  if (ts.isForOfStatement(node) && node.awaitModifier) return 'for await'
  if (ts.isFunctionLike(node) && 'asteriskToken' in node && node.asteriskToken) {
    const isAsync = ts.canHaveModifiers(node) && node.modifiers?.some((m) => m.kind === kind.AsyncKeyword)
    return isAsync ? 'async generator' : undefined
  }
  if (ts.isBindingElement(node) && node.dotDotDotToken && ts.isObjectBindingPattern(node.parent))
    return 'object rest'
  if (ts.isRegularExpressionLiteral(node) && /\(\?<|\\p\{|\/[a-z]*[sdv][a-z]*$/.test(node.text))
    return 'newer regular expression'
  if (ts.isNumericLiteral(node) && node.getText().includes('_')) return 'numeric separator'
  return newer[node.kind]
}

/** What stands in the code that an engine of 2017 cannot read, or that WeChat forbids. */
function findForbidden(code: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    const name = nameOfNewer(node)
    if (name) found.push(name)
    const called = ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression.getText() : ''
    if (['eval', 'Function'].includes(called)) found.push(called)
    node.getChildren().forEach(visit)
  }
  visit(ts.createSourceFile('bundle.js', code, ts.ScriptTarget.Latest, true))
  return found
}

test.each(bundleNames as string[])('%s is under 10 kB gzipped', async (name) => {
  expect(gzipSync(await bundle(name)).length).toBeLessThan(10_000)
})

test.each(['zhike.js', 'zhike.iife.js', 'miniprogram/index.js'])(
  '%s is ES2017 and makes no code out of text',
  async (name) => {
    expect(findForbidden(await bundle(name))).toEqual([])
  },
)

test('the check finds what it looks for', () => {
  const code = `a?.b; a ?? b; ({ ...a }); const { b, ...c } = a; try {} catch {} ; class A { x = 1 }
    eval('1'); new Function('1'); /(?<n>a)/; async function* g() { for await (const x of y) {} }; 1n; import('x')`
  expect(findForbidden(code).length).toBeGreaterThanOrEqual(13)
})

test('no bundle needs anything but the platform', async () => {
  for (const name of bundleNames as string[]) {
    const code: string = await bundle(name)
    const imported = [...code.matchAll(/(?:from\s*|require\()["'`]([^"'`]+)/g)].map(([, from]) => from)
    expect(imported.filter((from) => !from?.startsWith('node:'))).toEqual([])
  }
})
