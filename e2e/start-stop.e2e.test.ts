import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startDemoServer } from './demo-server.ts'

const root = join(import.meta.dirname, '..')
const dataDir = mkdtempSync(join(tmpdir(), 'zhike-start-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const postgresPid = () =>
  Number(readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0])
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const start = () => startDemoServer({ dataDir, customers: 500 })

async function track(url: string, messageId: string): Promise<number> {
  const answer = await fetch(`${url}/v1/track`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('demo:').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      event: 'survived',
      userId: 'C00000001',
      messageId,
      timestamp: new Date().toISOString(),
    }),
  })
  return answer.status
}

/** How often the event counts for the customer, by the API. */
async function survivors(url: string): Promise<number> {
  const login = await fetch(`${url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'hq', password: 'demo' }),
  })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { csrfToken } = (await login.json()) as { csrfToken: string }
  const answer = await fetch(`${url}/api/segments/estimate`, {
    method: 'POST',
    headers: { cookie, 'x-csrf-token': csrfToken, 'content-type': 'application/json' },
    body: JSON.stringify({ rule: { did: 'survived', count: { is: 'eq', value: 2 } } }),
  })
  return ((await answer.json()) as { count: number }).count
}

test('killed and started again: the engines are taken over, what was acknowledged is there once', async () => {
  const first = await start()
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
  expect(await track(first.url, 'one')).toBe(200)
  const exited = new Promise((resolve) => first.child.once('exit', resolve))
  first.child.kill('SIGKILL')
  await exited
  // PostgreSQL outlives its program on purpose: the next start adopts it.
  const pid = postgresPid()
  expect(isAlive(pid)).toBe(true)

  const second = await start()
  expect(second.output()).not.toContain('Seeding')
  expect(postgresPid()).toBe(pid)
  expect(await track(second.url, 'one')).toBe(200)
  expect(await track(second.url, 'two')).toBe(200)
  await expect.poll(() => survivors(second.url), { timeout: 20_000 }).toBe(1)

  // The engine's own process killed as well: the next start recovers it.
  second.child.kill('SIGKILL')
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  const third = await start()
  await expect.poll(() => survivors(third.url), { timeout: 20_000 }).toBe(1)
  const lastPid = postgresPid()
  expect(await third.stop()).toBe(0)
  await expect.poll(() => isAlive(lastPid), { timeout: 10_000 }).toBe(false)
}, 240_000)

test('a second program on the same data directory is told so, and the first goes on', async () => {
  const first = await start()
  const { port } = new URL(first.url)
  await expect(start()).rejects.toThrow(/already runs on/)
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  expect(await first.stop()).toBe(0)
}, 120_000)

test.each([
  [{ PORT: 'eighty' }, /PORT: must be a whole number/],
  [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL: must be a URL starting with postgres/],
  [{ ZHIKE_ROLES: 'collect,cook' }, /ZHIKE_ROLES/],
  [{ ZHIKE_COLOUR: 'red' }, /ZHIKE_COLOUR: no such setting/],
])('a wrong setting %j is a clear message and exit code 2', (env, message) => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/start.ts'], {
    cwd: root,
    env: { ...process.env, ZHIKE_DATA_DIR: dataDir, ...env },
    encoding: 'utf8',
  })
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\bat .*\.ts/)
  expect(status).toBe(2)
})
