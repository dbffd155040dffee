import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageUuid } from '#features/ingest/server/index.ts'
import { openTestIngest, type TestIngest, trustedKey } from '#features/ingest/server/ingest-testing.ts'
import { sql } from '#platform/common/sql.ts'

const program = fileURLToPath(new URL('./killed-collector-testing.ts', import.meta.url))
const kills = 5
const senders = 4
const batchSize = 20

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

async function startCollector(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, t.dataDir, trustedKey], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  return { child, url: String(line).trim() }
}

test('kill -9 under load loses no acknowledged event and doubles none', async () => {
  await t.ingest.stop(0)
  const acknowledged = new Set<string>()
  const sent = new Set<string>()
  let next = 0
  /** Sends batch after batch until the process is gone; an unanswered one comes again to the next process. */
  const sendUntilGone = async (url: string, unanswered: string[][]) => {
    for (;;) {
      const ids = unanswered.pop() ?? Array.from({ length: batchSize }, () => `k${next++}`)
      for (const id of ids) sent.add(id)
      const batch = ids.map((messageId, nth) => ({
        ...{ type: 'track', event: 'e', messageId, timestamp: '2026-03-01T00:00:00Z' },
        ...(nth % 2 ? { userId: `K${nth}` } : { anonymousId: `d${nth}` }),
        properties: { filling: 'x'.repeat(200) },
      }))
      try {
        const response = await fetch(`${url}/v1/batch`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${trustedKey}:`)}`, 'content-type': 'application/json' },
          body: JSON.stringify({ batch }),
        })
        const answer = (await response.json()) as { accepted: number }
        if (response.status !== 200 || answer.accepted !== batchSize) throw new Error('not accepted')
        for (const id of ids) acknowledged.add(id)
      } catch {
        unanswered.push(ids)
        return
      }
    }
  }
  const unanswered: string[][] = []
  for (let round = 0; round < kills; round += 1) {
    const { child, url } = await startCollector()
    const before = acknowledged.size
    const sending = Array.from({ length: senders }, () => sendUntilGone(url, unanswered))
    // A random moment, but never before this process has acknowledged something.
    await expect
      .poll(() => acknowledged.size, { interval: 5, timeout: 20_000 })
      .toBeGreaterThan(before + 100 + Math.random() * 400)
    child.kill('SIGKILL')
    await Promise.all([once(child, 'exit'), ...sending])
  }
  await t.restart()
  await t.ingest.flush()
  const rows = await t.ch.query<{ msg: string; count: string }>(sql`
    SELECT t.msg AS msg, count() AS count FROM (
      SELECT e.msg FROM event AS e FINAL UNION ALL SELECT a.msg FROM event_anonymous AS a FINAL) AS t GROUP BY t.msg`)
  const stored = new Set(rows.map((row) => row.msg))
  expect(rows.filter((row) => row.count !== '1')).toEqual([])
  expect([...acknowledged].filter((id) => !stored.has(messageUuid('core', id)))).toEqual([])
  const sentUuids = new Set([...sent].map((id) => messageUuid('core', id)))
  expect([...stored].filter((uuid) => !sentUuids.has(uuid))).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(500)
  expect(t.ingest.status()).toMatchObject({ brokenSegments: 0, lastError: null })
})
