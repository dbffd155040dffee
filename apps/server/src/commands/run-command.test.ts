import { expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

async function run(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommand(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    isTerminal: false,
    askSecret: async () => 'short',
    signal: new AbortController().signal,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test.each([
  [['--help']],
  [['import', '--help']],
  [['token', '--help']],
  [['audit', 'verify', '--help']],
  [['audit', '--help']],
  [['plan', 'types', '--help']],
  [['plan', '--help']],
  [['admin', 'create', '-h']],
])('%j explains', async (args) => {
  const { code, out } = await run(...args)
  expect(code).toBe(0)
  expect(out).toMatch(/^Usage: npx zhike/)
})

test('the version', async () => expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+$/))

test.each<[string[], RegExp]>([
  [['frobnicate'], /no command "frobnicate"/],
  [['audit'], /no command "audit"/],
  [['import'], /Name the mapping/],
  [['import', 'mapping.json'], /Name the files/],
  [['import', 'mapping.json', 'a.csv', '--fast'], /--fast/],
  [['token'], /--user/],
  [['token', '--user', 'hq', '--days', '0'], /--days/],
  [['token', '--user', 'hq', 'more'], /more/],
  [['plan'], /no command "plan"/],
  [['plan', 'types', 'x'], /Unexpected argument 'x'/],
  [['plan', 'types', '--lang', 'java'], /--lang/],
  [['plan', 'types', '--out', ''], /--out/],
  [['admin', 'create'], /Name the user/],
  [['admin', 'create', 'root'], /at least 8 characters/],
  [['admin', 'create', 'root', '--role', 'hq_operator'], /role/],
])('%j is wrong use', async (args, message) => {
  const { code, err } = await run(...args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

test('nothing at all shows the commands and is wrong use', async () => {
  const { code, out } = await run()
  expect(code).toBe(2)
  expect(out).toContain('audit verify')
})
