import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startTestServer } from '../../packages/sdk/src/test-server.ts'

test('reports each payment once, also those of a run without a server', async () => {
  const server = await startTestServer()
  const folder = mkdtempSync(join(tmpdir(), 'zhike-example-'))
  const example = new URL('report-payments.ts', import.meta.url).pathname
  const run = (url: string) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', example], {
      env: { ...process.env, ZHIKE_URL: url, ZHIKE_QUEUE: join(folder, 'queue') },
    })
  try {
    const down = await run('http://127.0.0.1:9')
    expect(down.stdout).toBe('3 payments reported.\n')
    await run(server.host)
    const seen = server.accepted.map(({ event, userId, properties }) => [event, userId, properties?.amount])
    const once = [
      ['salary_received', 'C00000001', 8200],
      ['money_in', 'C00000002', 500],
      ['money_in', 'C00000002', 1200.5],
    ]
    expect(seen).toEqual([...once, ...once])
    expect(new Set(server.accepted.map(({ messageId }) => messageId)).size).toBe(6)
  } finally {
    rmSync(folder, { recursive: true })
    await server.close()
  }
})
