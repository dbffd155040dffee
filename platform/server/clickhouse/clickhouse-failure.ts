import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import { AppError } from '#platform/common/errors.ts'
import type { QueryOptions } from './clickhouse.ts'
import { laneMaxExecutionMs } from './clickhouse-settings.ts'

const timeoutCodes = new Set([159, 160, 209])
// Too many queries, network, out of memory, too many parts, read-only: the same query may succeed later.
const laterCodes = new Set([202, 203, 210, 236, 241, 242, 252, 279, 999])
const abortedCodes = new Set([394])
// Codes whose message tells of our own query text (names, types), not of data.
const tellingCodes = new Set([
  16, 36, 42, 43, 44, 46, 47, 48, 53, 57, 60, 62, 81, 115, 179, 183, 184, 215, 386,
])

/** The engine's message without literals, numbers of data, or anything after the first clause about where it happened. */
const redact = (message: string): string =>
  message
    .replace(/^.*?DB::Exception:\s*/s, '')
    .split(/:? (?:in scope|while) |\. Expected one of|failed at position/is)[0]!
    .replace(/'(?:[^'\\]|\\.)*'/g, '?')
    .slice(0, 300)
    .trim()

const readCode = (message: string): { code: number; type: string } | undefined => {
  const code = /Code:\s*(\d+)/.exec(message)?.[1]
  return code ? { code: Number(code), type: /\(([A-Z][A-Z0-9_]+)\)/.exec(message)?.[1] ?? '' } : undefined
}

const describe = (error: unknown): { code: number; type: string; message: string } | undefined => {
  const thrown = error as { code?: unknown; type?: unknown; clickhouseCode?: unknown; message?: unknown }
  const message = String(thrown?.message ?? error)
  if (typeof thrown?.type === 'string' && /^\d+$/.test(String(thrown.code)))
    return { code: Number(thrown.code), type: thrown.type, message }
  const read = readCode(message)
  return read && { ...read, message }
}

/** Turns what an engine or the client threw into an AppError that carries no value of the query. */
export function clickhouseFailure(error: unknown, options: QueryOptions): AppError {
  if (error instanceof AppError) return error
  if (options.signal?.aborted) return clickhouseErrors('CLICKHOUSE_ABORTED', {})
  const lane = options.lane ?? 'interactive'
  const known = describe(error)
  const text = String((error as Error)?.message ?? error)
  if (known ? timeoutCodes.has(known.code) : /^timeout error/i.test(text))
    return clickhouseErrors('CLICKHOUSE_TIMEOUT', {
      lane,
      maxExecutionMs: options.maxExecutionMs ?? laneMaxExecutionMs[lane],
    })
  if (!known) {
    const reason = (error as { code?: string })?.code ?? (error as Error)?.name ?? 'unknown'
    return clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: String(reason) })
  }
  if (abortedCodes.has(known.code)) return clickhouseErrors('CLICKHOUSE_ABORTED', {})
  if (laterCodes.has(known.code))
    return clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: `code ${known.code} (${known.type})` })
  return clickhouseErrors('CLICKHOUSE_FAILED', {
    clickhouseCode: known.code,
    clickhouseType: known.type,
    reason: tellingCodes.has(known.code) ? redact(known.message) : '',
  })
}
