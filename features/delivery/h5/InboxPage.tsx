import type { InboxItem, Zhike } from '@zhike/sdk'
import { useEffect, useState } from 'react'
import { defineText, useText } from '#platform/web/text.ts'

const text = defineText({
  title: ['消息', 'Inbox'],
  empty: ['还没有消息。', 'No messages yet.'],
  failed: ['消息暂时读不到,请稍后再试。', 'Messages cannot be read right now. Please try again later.'],
  loading: ['正在读取…', 'Loading…'],
  unread: ['未读', 'Unread'],
  open: ['查看详情', 'See more'],
})

/** The customer's messages; opening one marks it as read, following its link counts as a click. */
export function InboxPage({ zhike, onOpen }: { zhike: Zhike; onOpen: (link: string) => void }) {
  const t = useText(text)
  const [items, setItems] = useState<InboxItem[] | 'loading' | 'failed'>('loading')
  const [opened, setOpened] = useState<string>()

  useEffect(() => {
    let isCurrent = true
    zhike.inbox().then(
      (found) => isCurrent && setItems(found),
      () => isCurrent && setItems('failed'),
    )
    return () => {
      isCurrent = false
    }
  }, [zhike])

  const read = (item: InboxItem) => {
    setOpened(item.messageId === opened ? undefined : item.messageId)
    if (item.readAt || !Array.isArray(items)) return
    const readAt = new Date().toISOString()
    zhike.readInbox(item.messageId).then(
      () =>
        setItems(items.map((other) => (other.messageId === item.messageId ? { ...other, readAt } : other))),
      // Stays unread and is tried again when opened the next time.
      () => undefined,
    )
  }
  const follow = (item: InboxItem) => {
    zhike.track('touch_clicked', { touch: item.touch, channel: 'inbox', campaign: item.campaign })
    if (item.link) onOpen(item.link)
  }
  return (
    <main className="page">
      <h1>{t.title}</h1>
      {items === 'loading' && <p role="status">{t.loading}</p>}
      {items === 'failed' && <p role="alert">{t.failed}</p>}
      {Array.isArray(items) && items.length === 0 && <p className="muted">{t.empty}</p>}
      {Array.isArray(items) && (
        <ul className="messages">
          {items.map((item) => (
            <li key={item.messageId} className={item.readAt ? undefined : 'unread'}>
              <button type="button" onClick={() => read(item)} aria-expanded={opened === item.messageId}>
                <strong>{item.title}</strong>
                {!item.readAt && <em>{t.unread}</em>}
                <small>
                  {new Date(item.sentAt).toLocaleString('zh-CN', { dateStyle: 'short', timeStyle: 'short' })}
                </small>
              </button>
              {opened === item.messageId && (
                <div className="body">
                  <p>{item.body}</p>
                  <button type="button" className="primary" onClick={() => follow(item)}>
                    {t.open}
                  </button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </main>
  )
}
