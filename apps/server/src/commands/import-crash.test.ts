import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repositoryRoot } from '../repository.ts'

const rows = 20_000
const rejected = rows / 100
let folder: string
const at = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhike-crash-'))
  chmodSync(folder, 0o755)
  const text = Array.from({ length: rows }, (_, nth) =>
    nth % 100 === 0 ? `C${nth}` : `C${nth},${nth}`,
  ).join('\n')
  writeFileSync(at('all.csv'), `no,n\n${text}\n`)
  const customers = { into: 'customers', customerNo: 'no', attributes: { n: 'n' } }
  const events = { into: 'events', customerNo: 'no', name: { value: 'seen' }, at: { value: '2026-01-01' } }
  writeFileSync(
    at('mapping.json'),
    JSON.stringify({ name: 'crash', files: [{ match: '*.csv', steps: [customers, events] }] }),
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(args: readonly string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ZHIKE_|DATABASE_URL|CLICKHOUSE_)/.test(name)),
  )
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    env: { ...env, ZHIKE_DATA_DIR: at('data') },
  })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    output += text
  })
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.on('close', (code) => done({ code, output }))
  })
  return { child, ended }
}

const startImport = () => start(['bin/zhike.mjs', 'import', at('mapping.json'), at('all.csv')])

const count = `
  const { openEngines } = await import('./apps/server/src/engines.ts')
  const { readConfig } = await import('./platform/server/config.ts')
  const { sql } = await import('./platform/common/sql.ts')
  const { pg, ch, close } = await openEngines(readConfig())
  const number = async (row) => Number((await row).n)
  console.log(JSON.stringify([
    await number(pg.first(sql\`SELECT count(*) AS n FROM customer AS c\`)),
    await number(ch.first(sql\`SELECT count() AS n FROM customer AS c FINAL\`)),
    await number(ch.first(sql\`SELECT count() AS n FROM event AS e FINAL\`)),
  ]))
  await close()
  process.exit(0)
`

test('an import killed with -9 goes on at the next command; nothing is lost and nothing doubled', async () => {
  const killed = startImport()
  // The first rejects are written with the first batch: from then on it is in the middle.
  for (let tries = 0; !existsSync(at('all.csv.rejects.csv')) && tries < 1200; tries += 1) {
    await new Promise((done) => setTimeout(done, 50))
  }
  killed.child.kill('SIGKILL')
  expect((await killed.ended).code).toBeNull()

  const second = await startImport().ended
  expect(second.output).toContain('20,000 rows: 19,800 imported, 0 not wanted by the mapping, 200 rejected')
  expect(second.code).toBe(1)
  const lines = readFileSync(at('all.csv.rejects.csv'), 'utf8').trimEnd().split('\n').slice(1)
  expect(lines.length).toBe(rejected)
  expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(rejected)

  const third = await startImport().ended
  expect(third.output).toContain('imported before, nothing done')
  const counted = await start(['--import', 'tsx', '--input-type=module', '--eval', count]).ended
  expect(JSON.parse(counted.output)).toEqual([rows - rejected, rows - rejected, rows - rejected])
})
