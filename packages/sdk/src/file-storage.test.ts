import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fileStorage } from './file-storage.ts'
import type { Message } from './message.ts'

const folder = mkdtempSync(join(tmpdir(), 'zhike-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const message = (messageId: string): Message => ({ type: 'track', messageId, timestamp: '', context: {} })

test('keeps messages and visitor over a restart, for its owner only', async () => {
  const path = join(folder, 'restart')
  const before = fileStorage(path)
  before.open()
  before.writeNote('visitor', 'v')
  for (const id of ['a', 'b']) before.append(message(id))
  before.remove(['a'])
  await before.close()
  const after = fileStorage(path)
  expect([after.open(), after.readNote('visitor')]).toEqual([[message('b')], 'v'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await after.close()
})

test('a line cut off by a crash costs that line and not the next', async () => {
  const path = join(folder, 'torn')
  writeFileSync(path, `${JSON.stringify({ put: message('a') })}\n`)
  appendFileSync(path, '{"put":{"messageId":"b"')
  const storage = fileStorage(path)
  storage.open()
  storage.append(message('c'))
  await storage.close()
  const again = fileStorage(path)
  expect(again.open()).toEqual([message('a'), message('c')])
  await again.close()
})

test('the file does not grow with what has been delivered', async () => {
  const path = join(folder, 'growth')
  const storage = fileStorage(path)
  storage.open()
  for (let n = 0; n < 5000; n++) {
    storage.append(message(String(n)))
    storage.remove([String(n)])
  }
  storage.append(message('last'))
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(4100)
  await storage.close()
  const again = fileStorage(path)
  expect(again.open()).toEqual([message('last')])
  await again.close()
})

test('two users of one file are refused; a dead one is not in the way', async () => {
  const path = join(folder, 'lock')
  const first = fileStorage(path)
  first.open()
  expect(() => fileStorage(path).open()).toThrow('is in use by process')
  await first.close()
  writeFileSync(`${path}.lock`, '999999999')
  const second = fileStorage(path)
  expect(second.open()).toEqual([])
  await second.close()
})
