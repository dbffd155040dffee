import { startVitest } from 'vitest/node'
import { buildWeb } from './build-web.ts'
import { checks } from './check.ts'

/**
 * The whole suite: checks, then tests; ends with `N passed, N failed, N skipped` after one line per skip with its reason.
 * With arguments, only the tests whose files match, without the checks.
 */
async function main(): Promise<void> {
  const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
  let passed = 0
  let failed = 0
  const skips: string[] = []
  if (filters.length === 0) {
    for (const [name, run] of Object.entries(checks)) {
      console.log(`── ${name}`)
      if (run()) passed += 1
      else failed += 1
    }
  }
  await buildWeb(console.log)
  const vitest = await startVitest('test', filters, { run: true, watch: false, reporters: ['default'] })
  for (const module of vitest.state.getTestModules()) {
    if (module.state() === 'failed' && [...module.children.allTests()].length === 0) failed += 1
    for (const test of module.children.allTests()) {
      const result = test.result()
      if (result.state === 'passed') passed += 1
      else if (result.state === 'failed') failed += 1
      else
        skips.push(
          `skipped: ${module.relativeModuleId} › ${test.fullName}${'note' in result && result.note ? ` — ${result.note}` : ''}`,
        )
    }
  }
  failed += vitest.state.getUnhandledErrors().length
  await vitest.close()
  for (const line of skips) console.log(line)
  if (process.env.CI && skips.length) console.error('In CI nothing may be skipped.')
  if (passed + failed === 0) console.error('No test ran.')
  console.log(`${passed} passed, ${failed} failed, ${skips.length} skipped`)
  process.exit(failed || passed === 0 || (process.env.CI && skips.length) ? 1 : 0)
}

await main()
