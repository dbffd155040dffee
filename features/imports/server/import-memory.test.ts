import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const readAll = `
  const { readBatches } = await import('./features/imports/server/read-batches.ts')
  const { compileFile } = await import('./features/imports/server/compile-file.ts')
  const { planFiles } = await import('./features/imports/server/plan-files.ts')
  const { loadMapping } = await import('./features/imports/server/load-mapping.ts')
  const mapping = await loadMapping(process.argv[1])
  const plan = await planFiles(mapping, [process.argv[2]])
  const compiled = compileFile(plan.files[0], { mapping, lookups: new Map(), timeZone: 'Asia/Shanghai', nowMs: Date.now() })
  let rows = 0
  for await (const batch of readBatches(compiled, 0)) rows = batch.rowsDone
  console.log(JSON.stringify({ rows, rssMb: process.resourceUsage().maxRSS / 1024 }))
`

test('a file of 200 MB goes through reading and mapping with a heap of 100 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zhike-memory-'))
  try {
    const path = join(folder, 'large.csv')
    const file = openSync(path, 'w')
    writeSync(file, 'no,age,note,spare\n')
    const spare = '字节'.repeat(100)
    for (let block = 0; block < 300; block += 1) {
      let text = ''
      for (let nth = 0; nth < 1000; nth += 1)
        text += `C${block * 1000 + nth},${nth % 90},"note ""${nth}""\nmore",${spare}\n`
      writeSync(file, text)
    }
    closeSync(file)
    const mapping = join(folder, 'mapping.json')
    const step = { into: 'customers', customerNo: 'no', attributes: { age: 'age', note: 'note' } }
    writeFileSync(mapping, JSON.stringify({ name: 'large', files: [{ match: '*.csv', steps: [step] }] }))
    const args = [
      '--max-old-space-size=100',
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      readAll,
      mapping,
      path,
    ]
    const ended = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    expect(ended.stderr).toBe('')
    const found = JSON.parse(ended.stdout) as { rows: number; rssMb: number }
    console.log(`200 MB read with a peak of ${Math.round(found.rssMb)} MB of memory`)
    expect(found.rows).toBe(300_000)
    expect(found.rssMb).toBeLessThan(400)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
