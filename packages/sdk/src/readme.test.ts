import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundles } from '../build.mjs'
import { startTestServer } from './test-server.ts'

test('the Node example of the README runs against the built package', async () => {
  const server = await startTestServer()
  const folder = mkdtempSync(join(tmpdir(), 'zhike-readme-'))
  try {
    await build({ ...bundles['node.js'], outfile: join(folder, 'node.mjs') })
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const example = readme.split('## In Node')[1]!.split('```js')[1]!.split('```')[0]!
    const runnable = example
      .replace('@zhike/sdk/node', './node.mjs')
      .replace('http://localhost:4600', server.host)
    writeFileSync(join(folder, 'example.mjs'), runnable)
    await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: folder })
    expect(server.accepted.map(({ type, userId }) => [type, userId])).toEqual([
      ['identify', 'BERKA-1'],
      ['track', 'BERKA-1'],
    ])
  } finally {
    rmSync(folder, { recursive: true })
    await server.close()
  }
})
