import { randomUUID } from 'node:crypto'
import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import { scrubOriginal, scrubText } from '#features/ingest/server/scrub-original.ts'
import type { RejectRecord } from '#features/ingest/server/spool-record.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

export type Refused = { index: number; messageId: string | null; problem: Problem }

/** Long digit runs in a path may be somebody's number. */
export const safePath = (path: string): string => path.slice(0, 200).replace(/\d{6,}/g, '*')

export const textOf = (input: unknown, field: string): string | null => {
  const text = typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[field] : null
  return typeof text === 'string' ? text.slice(0, 200) : null
}

/** What is kept of a refused message. Of authentication data no copy is. */
export function rejectOf(
  key: WriteKey,
  refused: Refused,
  input: unknown,
  receivedAtMs: number,
  protocol: string,
): RejectRecord {
  const { code, path, detail } = refused.problem
  const isSecret = code === 'AUTHENTICATION_DATA'
  return {
    rejectId: randomUUID(),
    receivedAtMs,
    source: key.source,
    protocol,
    messageId: scrubText(refused.messageId ?? ''),
    event: isSecret ? '' : scrubText(textOf(input, 'event') ?? ''),
    code,
    path: safePath(path),
    detail: detail.slice(0, 500),
    original: isSecret ? '' : scrubOriginal(input),
  }
}
