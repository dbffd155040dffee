import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkLayers, forbidden } from './check-layers.ts'

test('this repository keeps its direction', () => {
  expect(checkLayers()).toEqual([])
})

test.each([
  ['features/tags/server/a.ts', '#features/segments/server/index.ts', 'tags comes before segments'],
  [
    'features/segments/server/a.ts',
    '#features/tags/server/tag-store.ts',
    'another feature is entered by its common/ or its server/index.ts',
  ],
  [
    'features/segments/server/a.ts',
    '../../tags/server/tag-store.ts',
    'another feature is entered by its common/ or its server/index.ts',
  ],
  ['features/tags/common/a.ts', '#platform/server/http.ts', 'common loads only common'],
  ['features/tags/web/a.tsx', '#features/tags/server/index.ts', 'web never loads server'],
  ['features/tags/server/a.ts', '#platform/web/api.ts', 'server never loads web'],
  ['platform/server/a.ts', '#features/tags/common/tag.ts', 'platform knows no feature'],
  ['features/tags/server/a.ts', '#apps/server/compose.ts', 'only apps, e2e and scripts see apps'],
  ['packages/sdk/src/a.ts', '#platform/common/sql.ts', 'packages stand alone'],
])('%s may not load %s', (file, imported, reason) => {
  expect(forbidden(file, imported)).toBe(reason)
})

test.each([
  ['features/segments/server/a.ts', '#features/tags/server/index.ts'],
  ['features/segments/server/a.ts', '#features/segments/server/segment-store.ts'],
  ['features/segments/web/a.tsx', '#features/rules/web/RuleEditor.tsx'],
  ['features/segments/web/a.tsx', 'react'],
  ['apps/server/a.ts', '#features/tags/server/index.ts'],
])('%s may load %s', (file, imported) => {
  expect(forbidden(file, imported)).toBeUndefined()
})

test('a forbidden import in a file is found with its line, and an empty folder fails the gate', () => {
  const base = mkdtempSync(join(tmpdir(), 'zhike-layers-'))
  try {
    expect(() => checkLayers(base)).toThrow(/no source files/)
    mkdirSync(join(base, 'platform/common'), { recursive: true })
    const line = ['import { x } from', "'#features/tags/common/tag.ts'"].join(' ')
    writeFileSync(join(base, 'platform/common/bad.ts'), `\n${line}\n`)
    expect(checkLayers(base)).toEqual([
      {
        file: 'platform/common/bad.ts',
        line: 2,
        imported: '#features/tags/common/tag.ts',
        reason: 'platform knows no feature',
      },
    ])
  } finally {
    rmSync(base, { recursive: true })
  }
})
