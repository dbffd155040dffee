import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateTypes, type TypedEvent } from '#features/plan/common/generate-types.ts'
import { CreatePlanEvent } from '#features/plan/common/plan.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhike-plan-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const event = (key: string, properties: object[], more: object = {}): TypedEvent => {
  const name = { zh: `事件 ${key}`.slice(0, 50), en: 'Event' }
  const { key: _, ...definition } = CreatePlanEvent.parse({ key, name, owner: 'hq', properties, ...more })
  return { key, isDeprecated: false, definition }
}

const events = [
  event('money_out', [
    { name: 'amount', type: 'number', required: true, description: '金额，元' },
    { name: 'channel', type: 'enum', values: ['app', 'web', `it's "x"\\`], required: true },
    { name: 'card_no', type: 'string', class: 'identifier' },
    { name: 'payee.kind', type: 'string', required: true },
    { name: 'payee.tags', type: 'array' },
    { name: 'extra', type: 'object' },
  ]),
  event('app_opened', [{ name: 'version', type: 'string' }]),
  event('*/ evil(); /*', [{ name: `a"b'\\`, type: 'string', description: '*/ throw 1 /*\n * @deprecated' }]),
  event('__proto__', [
    { name: '__proto__', type: 'boolean' },
    { name: 'toString', type: 'date' },
  ]),
  event('money out', []),
  event('开户成功', [{ name: '产品', type: 'string', required: true }]),
  event('1st', []),
]

/** Compiles with the strictest settings against the SDK's own client; gives the problems of the file. */
function problemsOf(code: string): string[] {
  const path = join(folder, `use-${Math.random()}.ts`)
  writeFileSync(path, code)
  const program = ts.createProgram([path], {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
  })
  const source = program.getSourceFile(path)
  return ts
    .getPreEmitDiagnostics(program, source)
    .map((problem) => ts.flattenDiagnosticMessageText(problem.messageText, '\n'))
}

test('compiles strictly with the SDK: right calls do, wrong ones each do not', () => {
  writeFileSync(join(folder, 'events.ts'), generateTypes(events))
  const sdk = resolve('packages/sdk/src/zhike.ts')
  const head = `import type { Zhike } from ${JSON.stringify(sdk)}
import type { ZhikeEvents } from './events.ts'
declare const zhike: Zhike<ZhikeEvents>
`
  const right = `
zhike.track('money_out', { amount: 1, channel: "it's \\"x\\"\\\\", payee: { kind: 'x', tags: [1] }, extra: { any: 1 } })
zhike.track('app_opened')
zhike.track('*/ evil(); /*', { ["a\\"b'\\\\"]: 'x' })
zhike.track('__proto__', { ['__proto__']: true, toString: '2026-01-01' })
zhike.track('money out', {})
zhike.track('开户成功', { 产品: 'W1' })
`
  expect(problemsOf(head + right)).toEqual([])
  const wrong = [
    `zhike.track('money_out', { amount: '1', channel: 'app', payee: { kind: 'x' } })`,
    `zhike.track('money_out', { channel: 'app', payee: { kind: 'x' } })`,
    `zhike.track('money_out', { amount: 1, channel: 'sms', payee: { kind: 'x' } })`,
    `zhike.track('money_out', { amount: 1, channel: 'app', payee: { kind: 1 } })`,
    `zhike.track('money_out', { amount: 1, channel: 'app', payee: { kind: 'x' }, card_no: '1' })`,
    `zhike.track('app_opened', { verison: '1' })`,
    `zhike.track('money_ot')`,
    `zhike.track('开户成功')`,
  ]
  const problems = problemsOf(head + wrong.join('\n'))
  expect(problems.length).toBeGreaterThanOrEqual(wrong.length)
}, 60_000)

test('whatever stands in a plan, the text is one file of interfaces and nothing else', () => {
  const nasty = fc.stringMatching(/^[a"'`\\${}*/\u2028\u2029@<>.\n中_0-]{1,12}$/u)
  const key = nasty.filter((text) => CreatePlanEvent.shape.key.safeParse(text).success)
  const name = nasty.filter((text) => !text.includes('\n') && text.trim() === text)
  const arbitrary = fc.record({ key, property: name, value: name, description: nasty })
  fc.assert(
    fc.property(arbitrary, ({ key, property, value, description }) => {
      const made = event(
        key,
        [{ name: property, type: 'enum', values: [value], description, example: description }],
        { description },
      )
      const source = ts.createSourceFile('x.ts', generateTypes([made]), ts.ScriptTarget.ES2022)
      expect((source as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics).toEqual([])
      expect(source.statements.map((one) => ts.isInterfaceDeclaration(one))).toEqual([true, true])
    }),
    { numRuns: 300 },
  )
}, 30_000)

test('an empty plan has no event to send', () => {
  expect(generateTypes([])).toContain('export interface ZhikeEvents {\n}')
})
