import { expect, test } from 'vitest'
import { browserStorage } from './browser-storage.ts'
import type { Message } from './message.ts'
import { createTestLocks, createTestStorageArea } from './test-browser.ts'
import { createTestClock } from './test-clock.ts'

const message = (messageId: string): Message => ({ type: 'track', messageId, timestamp: '', context: {} })
const ids = (messages: Message[] = []) => messages.map(({ messageId }) => messageId)

/** One browser; each tab has its own lock manager over the same locks, so that it can die. */
function openBrowser({ hasLocks = true } = {}) {
  const area = createTestStorageArea()
  const locks = createTestLocks()
  const clock = createTestClock()
  let tabs = 0
  return {
    area,
    clock,
    openTab() {
      clock.advance(1)
      const tabLocks = locks.connect()
      const storage = browserStorage({
        writeKey: 'web',
        area,
        locks: hasLocks ? tabLocks.manager : null,
        scheduler: clock.scheduler,
        now: clock.now,
        newId: () => `tab-${++tabs}`,
      })
      return { storage, die: tabLocks.die }
    },
  }
}

test('a reload finds the messages of the page before it, oldest first', async () => {
  const browser = openBrowser()
  const before = browser.openTab()
  await before.storage.open()
  for (const id of ['a', 'b', 'c']) before.storage.append(message(id))
  before.storage.remove(['b'])
  before.die()
  expect(ids(await browser.openTab().storage.open())).toEqual(['a', 'c'])
})

test('a living tab keeps its messages to itself, and each dead one is adopted once', async () => {
  const browser = openBrowser()
  const first = browser.openTab()
  await first.storage.open()
  first.storage.append(message('a'))
  const second = browser.openTab()
  expect(await second.storage.open()).toEqual([])
  const third = browser.openTab()
  await third.storage.open()
  first.die()
  const adopted = await Promise.all([second.storage.adopt?.(), third.storage.adopt?.()])
  expect(adopted.map(ids)).toEqual([['a'], []])
  second.die()
  expect(ids(await third.storage.adopt?.())).toEqual(['a'])
})

test('a message tracked before the lock is held belongs to its tab', async () => {
  const browser = openBrowser()
  const first = browser.openTab()
  const second = browser.openTab()
  const opened = [first.storage.open(), second.storage.open()]
  first.storage.append(message('a'))
  expect(await Promise.all(opened)).toEqual([[], []])
  expect(await second.storage.adopt?.()).toEqual([])
  first.die()
  expect(ids(await second.storage.adopt?.())).toEqual(['a'])
})

test('a frozen page gives its messages away, and learns it when it comes back', async () => {
  const browser = openBrowser()
  const frozen = browser.openTab()
  await frozen.storage.open()
  frozen.storage.append(message('a'))
  frozen.storage.suspend?.()
  const other = browser.openTab()
  expect(ids(await other.storage.open())).toEqual(['a'])
  expect(await frozen.storage.resume?.()).toEqual(new Set(['a']))
  frozen.storage.append(message('b'))
  expect(await other.storage.adopt?.()).toEqual([])
  frozen.die()
  expect(ids(await other.storage.adopt?.())).toEqual(['b'])
})

test('a frozen page nobody robbed goes on as before, also when it looks for orphans first', async () => {
  const { storage } = openBrowser().openTab()
  await storage.open()
  storage.append(message('a'))
  storage.suspend?.()
  const [, taken] = await Promise.all([storage.adopt?.(), storage.resume?.()])
  expect(taken).toEqual(new Set())
})

test('without locks a heartbeat tells the living from the dead', async () => {
  const browser = openBrowser({ hasLocks: false })
  const first = browser.openTab()
  await first.storage.open()
  first.storage.append(message('a'))
  for (let i = 0; i < 20; i++) browser.clock.advance(20_000)
  const second = browser.openTab()
  expect(await second.storage.open()).toEqual([])
  // The timers of a page that has gone do not run; here they are stopped by freezing it.
  first.storage.suspend?.()
  expect(ids(await second.storage.adopt?.())).toEqual(['a'])
})

test('corrupt and foreign entries are left out and cleaned up', async () => {
  const browser = openBrowser()
  browser.area.setItem('zhike.web.q.000000000-x.1', '{"type":"tra')
  browser.area.setItem('zhike.web.q.000000000-x.2', 'null')
  browser.area.setItem('zhike.web.q.000000000-x.3', JSON.stringify(message('good')))
  browser.area.setItem('other', 'kept')
  expect(ids(await browser.openTab().storage.open())).toEqual(['good'])
  expect([browser.area.length, browser.area.getItem('other')]).toEqual([2, 'kept'])
})

test.each([true, false])('clear leaves nothing of ours behind, also later; locks: %s', async (hasLocks) => {
  const browser = openBrowser({ hasLocks })
  const { storage } = browser.openTab()
  await storage.open()
  storage.append(message('a'))
  storage.writeNote('visitor', 'v')
  storage.clear()
  browser.clock.advance(600_000)
  expect(browser.area.length).toBe(0)
  const opened = storage.open()
  storage.append(message('b'))
  expect(ids(await opened)).toEqual([])
  expect(await browser.openTab().storage.open()).toEqual([])
})
