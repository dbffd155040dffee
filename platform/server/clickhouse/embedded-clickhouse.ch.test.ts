import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zhike-chdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const clickhouse = new URL('./clickhouse.ts', import.meta.url).href
const sqlModule = new URL('../../common/sql.ts', import.meta.url).href
const root = new URL('../../../', import.meta.url).pathname

/** Runs a program in a process of its own: this one may hold only one data directory. */
const start = (body: string) => {
  const file = join(dir, `program-${readdirSync(dir).length}.mts`)
  writeFileSync(
    file,
    `import { openEmbeddedClickHouse } from ${JSON.stringify(clickhouse)}
     import { sql, typed } from ${JSON.stringify(sqlModule)}
     const open = () => openEmbeddedClickHouse({ dataDir: ${JSON.stringify(join(dir, 'data'))} })
     ${body}`,
  )
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)))
  return { child, lines }
}
const finish = async ({ child, lines }: { child: ChildProcess; lines: string[] }) => {
  const [code] = await once(child, 'close')
  return { code, lines }
}
const untilLine = async (lines: string[], line: string) => {
  while (!lines.includes(line)) await new Promise((again) => setTimeout(again, 10))
}

test('a data directory in use is CLICKHOUSE_LOCKED; a closed one lets the process end', async () => {
  const holder = start(`const ch = await open(); console.log('open')
    process.stdin.once('data', async () => { await ch.close(); process.stdin.destroy() })`)
  await untilLine(holder.lines, 'open')
  const second = await finish(start(`await open().catch((error) => console.log(error.code))`))
  expect(second).toEqual({ code: 0, lines: ['CLICKHOUSE_LOCKED'] })
  holder.child.stdin?.write('close\n')
  expect((await finish(holder)).code).toBe(0)
})

test('closing while a long query runs ends the query and the process', async () => {
  const closed = await finish(
    start(`const ch = await open()
      const slow = ch.query(sql\`SELECT max(sipHash64(number)) AS top FROM numbers(50000000000)\`, { lane: 'jobs' })
      slow.catch((error) => console.log(error.code))
      await ch.query(sql\`SELECT 1 AS one\`)
      await ch.close()
      console.log('closed')`),
  )
  expect(closed).toEqual({ code: 0, lines: ['CLICKHOUSE_ABORTED', 'closed'] })
})

test('kill -9 in the middle of an insert: it opens again, and the replay counts once', async () => {
  const rows = 3_000_000
  const file = join(dir, 'segment.bin')
  writeFileSync(file, Buffer.from(new Uint32Array(rows).map((_, index) => index).buffer))
  const load = `ch.insertBinary('t', [{ name: 'id', type: 'UInt32' }], { file: ${JSON.stringify(file)} }, { token: 's1' })`
  const killed = start(`const ch = await open()
    await ch.command(sql\`CREATE TABLE t (id UInt32) ENGINE = MergeTree ORDER BY id
      SETTINGS non_replicated_deduplication_window = 100\`)
    void ${load}
    while ((await ch.first(sql\`SELECT count() AS n FROM t AS t\`)).n === '0') await new Promise((r) => setTimeout(r, 1))
    console.log('half')
    await new Promise(() => setInterval(() => {}, 1000))`)
  await untilLine(killed.lines, 'half')
  killed.child.kill('SIGKILL')
  await finish(killed)
  const replay = await finish(
    start(`const ch = await open()
      await ${load}
      console.log((await ch.first(sql\`SELECT count() AS n, uniqExact(t.id) AS ids FROM t AS t\`)))
      const before = await ch.first(sql\`SELECT sum(value) AS n FROM system.events WHERE event IN ('FileSync', 'DirectorySync')\`)
      await ch.insertRows('t', [{ id: 1 }])
      const after = await ch.first(sql\`SELECT sum(value) AS n FROM system.events WHERE event IN ('FileSync', 'DirectorySync')\`)
      console.log(Number(after.n) > Number(before.n) ? 'synced' : 'not synced')
      await ch.close()`),
  )
  expect(replay).toEqual({ code: 0, lines: [`{ n: '${rows}', ids: '${rows}' }`, 'synced'] })
  expect(existsSync(file)).toBe(true)
})
