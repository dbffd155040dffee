import { isDeepStrictEqual } from 'node:util'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { RejectRow } from '#features/ingest/server/reject-rows.ts'

type Message = Record<string, unknown>

/** Who a message is of and what it does: mending the rest must not turn it into somebody else's. */
const identityFields = ['type', 'userId', 'anonymousId', 'previousId', 'identities', 'operation'] as const
/** What stands where something was masked before the copy was kept. */
const mask = '*'

const isMasked = (value: unknown): boolean => typeof value === 'string' && value.includes(mask)

export const readOriginal = (row: RejectRow): Message => {
  if (!row.has_original) throw ingestError('REJECT_WITHOUT_ORIGINAL', {})
  const message: unknown = JSON.parse(row.original)
  // A refused message need not have been an object at all; then there is nothing to start from.
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw ingestError('REJECT_WITHOUT_ORIGINAL', {})
  return message as Message
}

function checkIdentity(row: RejectRow, original: Message, mended: Message): void {
  for (const field of identityFields) {
    const before = original[field]
    const after = mended[field]
    const wasMasked = isMasked(before)
    if (wasMasked && isMasked(after)) throw ingestError('REJECT_IDENTITY_MASKED', { field })
    const isItsProblem = row.path === field || row.path.startsWith(`${field}.`)
    if (!wasMasked && !isItsProblem && !isDeepStrictEqual(before, after))
      throw ingestError('REJECT_IDENTITY_CHANGED', { field })
  }
}

/** The client's clock when it sent, moved on by the time since: the correction stays what it was. */
function movedSentAt(sentAt: unknown, receivedMs: number, nowMs: number): unknown {
  const ms =
    typeof sentAt === 'number' ? sentAt : typeof sentAt === 'string' ? Date.parse(sentAt) : Number.NaN
  return Number.isFinite(ms) ? new Date(ms + nowMs - receivedMs).toISOString() : undefined
}

/** Tokens are over by now, and none comes from a person at a screen: what is sent again proves nothing by itself. */
function withoutToken(context: unknown): unknown {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return context
  const { token: _, ...rest } = context as Message
  return rest
}

/**
 * The message to send again: under its old id, of the same customer or device, with the client's clock as it was. A
 * message without an id gets one made from the reject, so that sending it twice counts once.
 */
export function messageToReplay(row: RejectRow, given: Message | undefined, nowMs: number): Message {
  const original = readOriginal(row)
  const mended = given ?? original
  checkIdentity(row, original, mended)
  const { messageId: _, sentAt: sent, context, ...rest } = mended
  const sentAt = movedSentAt(sent, row.received_ms, nowMs)
  const hasId = row.message_id !== '' && !isMasked(row.message_id)
  return {
    ...rest,
    ...(context === undefined ? {} : { context: withoutToken(context) }),
    ...(sentAt === undefined ? {} : { sentAt }),
    messageId: hasId ? row.message_id : `reject:${row.reject_id}`,
  }
}

const isPlain = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Paths at which two messages differ, for audit: never what stands there. */
export function changedPaths(before: unknown, after: unknown, path = '', depth = 0): string[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isPlain(before) || !isPlain(after) || depth > 8) return [path.slice(0, 200)]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .flatMap((name) => changedPaths(before[name], after[name], path ? `${path}.${name}` : name, depth + 1))
    .slice(0, 50)
}
