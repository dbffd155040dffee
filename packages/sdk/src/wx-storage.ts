import type { Message } from './message.ts'
import type { ZhikeStorage } from './storage.ts'
import type { Wx } from './wx-api.ts'

export interface WxStorageOptions {
  wx: Wx
  writeKey: string
  now?: () => number
}

/** One key per message in the mini-program's storage, written before `track` returns. A mini-program runs once, so nobody else writes here. */
export function wxStorage({ wx, writeKey, now = Date.now }: WxStorageOptions): ZhikeStorage {
  const prefix = `zhike.${writeKey}.`
  const queuePrefix = `${prefix}q.`
  const keyOf = new Map<string, string>()
  /** Sorts by run and then by age, so that messages of earlier runs come first. */
  const run = now().toString(36)
  const runPrefix = `${queuePrefix}${`000000000${run}`.slice(-9)}.`
  let sequence = 0

  const listKeys = (under: string) =>
    wx
      .getStorageInfoSync()
      .keys.filter((key) => key.startsWith(under))
      .sort()

  function read(key: string): Message | undefined {
    try {
      const message = JSON.parse(String(wx.getStorageSync(key))) as Partial<Message> | null
      if (typeof message?.messageId === 'string' && typeof message.type === 'string' && message.context) {
        keyOf.set(message.messageId, key)
        return message as Message
      }
    } catch {
      // Half-written or foreign: nothing to save.
    }
    wx.removeStorageSync(key)
    return undefined
  }

  return {
    isDurable: true,
    open() {
      const found: Message[] = []
      for (const key of listKeys(queuePrefix)) {
        const message = read(key)
        if (message) found.push(message)
      }
      return found
    },
    append(message) {
      const key = `${runPrefix}${`00000000${sequence++}`.slice(-9)}`
      wx.setStorageSync(key, JSON.stringify(message))
      keyOf.set(message.messageId, key)
    },
    remove(messageIds) {
      for (const id of messageIds) {
        const key = keyOf.get(id)
        if (key) wx.removeStorageSync(key)
        keyOf.delete(id)
      }
    },
    readNote(name) {
      const value = wx.getStorageSync(prefix + name)
      return typeof value === 'string' && value ? value : undefined
    },
    writeNote: (name, value) => wx.setStorageSync(prefix + name, value),
    clear() {
      keyOf.clear()
      for (const key of listKeys(prefix)) wx.removeStorageSync(key)
    },
    close() {},
  }
}
