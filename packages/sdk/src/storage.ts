import type { Message } from './message.ts'

/** What is remembered beside the messages: the visitor's id, what the person said to being recorded, the visit going on. */
export type NoteName = 'visitor' | 'consent' | 'visit'

/** Where waiting messages and the visitor's id live. It never sees a customer token. */
export interface ZhikeStorage {
  /** Whether messages outlive this page or process. */
  readonly isDurable: boolean
  /** Messages left from before, oldest first. Called before any append; those appended meanwhile are not in the answer. */
  open(): Message[] | Promise<Message[]>
  append(message: Message): void
  remove(messageIds: string[]): void
  readNote(name: NoteName): string | undefined
  writeNote(name: NoteName, value: string): void
  /** Resolves when everything appended so far would survive a power cut. */
  saved?(): Promise<void>
  /** Forgets everything, the notes included. */
  clear(): void
  close(): void | Promise<void>
  /** Messages whose owner has died since. */
  adopt?(): Promise<Message[]>
  /** The page may be frozen or gone: let another tab take the messages. */
  suspend?(): void
  /** The page is back: the ids of the messages another tab has taken meanwhile. */
  resume?(): Promise<Set<string>>
  /** Tells what another tab noted: a new visitor at log-out, another answer about consent. Returns the way to stop. */
  onNoted?(tell: (name: NoteName, value: string) => void): () => void
}

/** Keeps messages as long as the object lives. */
export function memoryStorage(): ZhikeStorage {
  const messages = new Map<string, Message>()
  const notes = new Map<NoteName, string>()
  return {
    isDurable: false,
    open: () => [...messages.values()],
    append: (message) => void messages.set(message.messageId, message),
    remove: (messageIds) => messageIds.forEach((id) => void messages.delete(id)),
    readNote: (name) => notes.get(name),
    writeNote: (name, value) => void notes.set(name, value),
    clear() {
      messages.clear()
      notes.clear()
    },
    close() {},
  }
}
