import type { Message } from './message.ts'

/** Where waiting messages and the visitor's id live. It never sees a customer token. */
export interface ZhikeStorage {
  /** Whether messages outlive this page or process. */
  readonly isDurable: boolean
  /** Messages left from before, oldest first. Called before any append; those appended meanwhile are not in the answer. */
  open(): Message[] | Promise<Message[]>
  append(message: Message): void
  remove(messageIds: string[]): void
  readVisitor(): string | undefined
  writeVisitor(anonymousId: string): void
  /** Forgets everything, the visitor included. */
  clear(): void
  close(): void | Promise<void>
  /** Messages whose owner has died since. */
  adopt?(): Promise<Message[]>
  /** The page may be frozen or gone: let another tab take the messages. */
  suspend?(): void
  /** The page is back: the ids of the messages another tab has taken meanwhile. */
  resume?(): Promise<Set<string>>
  /** Tells when another tab logged out and renewed the visitor. Returns the way to stop. */
  onVisitorChanged?(tell: (anonymousId: string) => void): () => void
}

/** Keeps messages as long as the object lives. */
export function memoryStorage(): ZhikeStorage {
  const messages = new Map<string, Message>()
  let visitor: string | undefined
  return {
    isDurable: false,
    open: () => [...messages.values()],
    append: (message) => void messages.set(message.messageId, message),
    remove: (messageIds) => messageIds.forEach((id) => void messages.delete(id)),
    readVisitor: () => visitor,
    writeVisitor(anonymousId) {
      visitor = anonymousId
    },
    clear() {
      messages.clear()
      visitor = undefined
    },
    close() {},
  }
}
