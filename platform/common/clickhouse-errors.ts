import { defineErrors } from './errors.ts'

/** What the ClickHouse helpers throw. Details carry the engine's code, never a value of the query. */
export const clickhouseErrors = defineErrors({
  CLICKHOUSE_UNAVAILABLE: [
    'unavailable',
    (d: { reason: string }) => `ClickHouse can't be used right now: ${d.reason}.`,
  ],
  CLICKHOUSE_TIMEOUT: [
    'unavailable',
    (d: { lane: string; maxExecutionMs: number }) =>
      `A ClickHouse query of lane ${d.lane} took longer than ${d.maxExecutionMs} ms.`,
  ],
  CLICKHOUSE_ABORTED: [
    'unavailable',
    (_: Record<string, never>) => 'A ClickHouse query was stopped because its caller no longer wanted it.',
  ],
  CLICKHOUSE_LOCKED: [
    'conflict',
    (d: { dataDir: string }) =>
      `The ClickHouse data directory ${d.dataDir} is in use by another process; stop that one or use a server.`,
  ],
  CLICKHOUSE_FAILED: [
    'unavailable',
    (d: { clickhouseCode: number; clickhouseType: string; reason: string }) =>
      `ClickHouse refused a query with code ${d.clickhouseCode} (${d.clickhouseType})${d.reason && `: ${d.reason}`}`,
  ],
  CLICKHOUSE_MIGRATION_FAILED: [
    'unavailable',
    (d: { number: number; name: string; statement: number; reason: string }) =>
      `ClickHouse migration ${d.number} (${d.name}) failed in statement ${d.statement}; those before it stay: ${d.reason}`,
  ],
})
