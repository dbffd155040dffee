import type { Message } from './message.ts'
import { randomId } from './new-id.ts'
import { type Scheduler, systemScheduler } from './scheduler.ts'
import type { NoteName, ZhikeStorage } from './storage.ts'

export interface BrowserStorageOptions {
  writeKey: string
  area?: Storage
  /** Absent on plain-http pages; a heartbeat then tells which tabs are alive. `null` means absent on purpose. */
  locks?: LockManager | null
  scheduler?: Scheduler
  now?: () => number
  newId?: () => string
}

const heartbeatMs = 20_000
/** Browsers let the timers of a hidden tab run only once a minute. */
const staleMs = 180_000

/**
 * One localStorage key per message under the name of its tab, so that tabs never overwrite each other. A tab owns
 * its messages by a lock it holds as long as it lives; whoever gets a dead tab's lock owns that tab's messages.
 */
export function browserStorage(options: BrowserStorageOptions): ZhikeStorage {
  const { area = localStorage, scheduler = systemScheduler, now = Date.now, newId = randomId } = options
  const locks = options.locks === undefined ? globalThis.navigator?.locks : options.locks
  const prefix = `zhike.${options.writeKey}.`
  const queuePrefix = `${prefix}q.`
  const keyOf = new Map<string, string>()
  const owned = new Map<string, () => void>()
  const asked = new Map<string, Promise<boolean>>()
  let tab = newTab()
  let sequence = 0
  /** Written once the tab's own lock is held: before that another tab could take them for orphans. */
  let unwritten: Message[] | undefined = []
  let heartbeat: unknown

  /** Sorts by birth, so that orphans are adopted in the order they were made. */
  function newTab() {
    return `${now().toString(36).padStart(9, '0')}-${newId().slice(-12)}`
  }

  function listKeys(under: string): string[] {
    const keys: string[] = []
    for (let i = 0; i < area.length; i++) {
      const key = area.key(i)
      if (key?.startsWith(under)) keys.push(key)
    }
    return keys.sort()
  }

  const tabOf = (key: string) => key.slice(queuePrefix.length).split('.')[0]!
  const aliveKey = (of: string) => `${prefix}alive.${of}`

  /** Whether the tab is ours, after taking its lock unless somebody has it. */
  function own(name: string): Promise<boolean> {
    if (owned.has(name)) return Promise.resolve(true)
    // Two calls at once must not see each other's lock as a stranger's.
    const answer = asked.get(name) ?? askForLock(name).finally(() => asked.delete(name))
    asked.set(name, answer)
    return answer
  }

  function askForLock(name: string): Promise<boolean> {
    if (!locks) return Promise.resolve(ownByHeartbeat(name))
    return new Promise((resolve) => {
      const hold = (lock: Lock | null) => {
        resolve(lock !== null)
        if (lock) return new Promise<void>((release) => void owned.set(name, release))
      }
      locks.request(`${queuePrefix}${name}`, { ifAvailable: true }, hold).catch(() => resolve(false))
    })
  }

  function ownByHeartbeat(name: string): boolean {
    if (now() - Number(area.getItem(aliveKey(name)) ?? 0) < staleMs) return false
    owned.set(name, () => area.removeItem(aliveKey(name)))
    beat()
    return true
  }

  function beat() {
    scheduler.clear(heartbeat)
    try {
      for (const name of owned.keys()) area.setItem(aliveKey(name), String(now()))
    } catch {
      // A full storage stops the heartbeat. At worst another tab sends the same messageIds again.
    }
    heartbeat = scheduler.set(beat, heartbeatMs)
  }

  function write(message: Message) {
    const key = `${queuePrefix}${tab}.${String(sequence++).padStart(9, '0')}`
    area.setItem(key, JSON.stringify(message))
    keyOf.set(message.messageId, key)
  }

  function writeWaiting() {
    const waiting = unwritten ?? []
    unwritten = undefined
    for (const message of waiting) write(message)
  }

  function read(key: string): Message | undefined {
    try {
      const message = JSON.parse(area.getItem(key) ?? '') as Partial<Message> | null
      if (typeof message?.messageId === 'string' && typeof message.type === 'string' && message.context) {
        keyOf.set(message.messageId, key)
        return message as Message
      }
    } catch {
      // Half-written or foreign: nothing to save.
    }
    area.removeItem(key)
    return undefined
  }

  async function adopt(): Promise<Message[]> {
    const orphans = new Set(listKeys(queuePrefix).map(tabOf))
    const found: Message[] = []
    for (const orphan of orphans) {
      if (owned.has(orphan) || !(await own(orphan))) continue
      for (const key of listKeys(`${queuePrefix}${orphan}.`)) {
        const message = read(key)
        if (message) found.push(message)
      }
    }
    return found
  }

  function release() {
    for (const letGo of owned.values()) letGo()
    owned.clear()
    scheduler.clear(heartbeat)
  }

  return {
    isDurable: true,
    async open() {
      await own(tab)
      writeWaiting()
      return adopt()
    },
    adopt,
    append(message) {
      if (unwritten) unwritten.push(message)
      else write(message)
    },
    remove(messageIds) {
      const ids = new Set(messageIds)
      unwritten = unwritten?.filter((message) => !ids.has(message.messageId))
      for (const id of ids) {
        const key = keyOf.get(id)
        if (key) area.removeItem(key)
        keyOf.delete(id)
      }
    },
    readNote: (name) => area.getItem(prefix + name) ?? undefined,
    writeNote: (name, value) => area.setItem(prefix + name, value),
    clear() {
      // Nor does a heartbeat go on; whoever opens the storage again takes the lock anew.
      release()
      unwritten = []
      keyOf.clear()
      for (const key of listKeys(prefix)) area.removeItem(key)
    },
    close: release,
    suspend() {
      writeWaiting()
      release()
    },
    async resume() {
      const tabs = new Set([...keyOf.values()].map(tabOf))
      const taken = new Set(keyOf.keys())
      const isTabMine = await own(tab)
      for (const name of tabs) {
        if (name === tab ? !isTabMine : !(await own(name))) continue
        for (const [id, key] of keyOf) if (tabOf(key) === name && area.getItem(key) !== null) taken.delete(id)
      }
      for (const id of taken) keyOf.delete(id)
      if (!isTabMine) {
        tab = newTab()
        await own(tab)
      }
      return taken
    },
    onNoted(tell) {
      const listen = ({ key, newValue }: StorageEvent) => {
        if (key?.startsWith(prefix) && newValue) tell(key.slice(prefix.length) as NoteName, newValue)
      }
      window.addEventListener('storage', listen)
      return () => window.removeEventListener('storage', listen)
    },
  }
}
