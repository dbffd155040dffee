import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

type Lock = { packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }> }

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as Lock

test('every optional package of the embedded ClickHouse stands in the lock file', () => {
  // `npm install` drops those the registry of the day doesn't serve for other platforms, and `npm ci` then refuses to run.
  const wanted = Object.keys(lock.packages['node_modules/chdb']?.optionalDependencies ?? {})
  expect(wanted.length).toBeGreaterThan(3)
  for (const name of wanted) expect(lock.packages, name).toHaveProperty([`node_modules/${name}`])
})

test('the lock file names no registry', () => {
  expect(Object.values(lock.packages).filter(({ resolved }) => resolved?.startsWith('http'))).toEqual([])
})
