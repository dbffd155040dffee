import { spawnSync } from 'node:child_process'
import { checkLayers } from './check-layers.ts'

/** Runs one tool of this repository; true when it is content. */
function isContent(name: string, args: readonly string[]): boolean {
  const { status } = spawnSync('npx', ['--no-install', name, ...args], { stdio: 'inherit' })
  return status === 0
}

/** Everything that is checked without running the program, by name. */
export const checks: { readonly [name: string]: () => boolean } = {
  'formatting and lint (biome)': () => isContent('biome', ['check', '--error-on-warnings']),
  'types (tsc)': () => isContent('tsc', ['-p', '.']),
  'unused code (knip)': () => isContent('knip', ['--no-progress']),
  'import direction': () => {
    const violations = checkLayers()
    for (const { file, line, imported, reason } of violations)
      console.error(`${file}:${line}: ${imported}: ${reason}`)
    return violations.length === 0
  },
}

if (process.argv[1]?.endsWith('check.ts')) {
  const failed = Object.entries(checks).filter(([name, run]) => {
    console.log(`── ${name}`)
    return !run()
  })
  console.log(
    failed.length ? `Failed: ${failed.map(([name]) => name).join(', ')}` : 'All checks are content.',
  )
  process.exit(failed.length ? 1 : 0)
}
