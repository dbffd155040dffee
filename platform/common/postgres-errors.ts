import { defineErrors } from './errors.ts'

/** What the PostgreSQL helpers throw. */
export const postgresErrors = defineErrors({
  POSTGRES_TOO_OLD: [
    'unavailable',
    (d: { version: string; required: number }) =>
      `The PostgreSQL server is version ${d.version}; ${d.required} or newer is needed.`,
  ],
  POSTGRES_NOT_UTF8: [
    'unavailable',
    (d: { encoding: string }) => `The database is encoded in ${d.encoding}; it must be created with UTF8.`,
  ],
  POSTGRES_NESTED_TRANSACTION: [
    'conflict',
    (_: Record<string, never>) =>
      'A transaction was begun inside another one; hand the transaction on instead.',
  ],
  POSTGRES_TRANSACTION_OVER: [
    'conflict',
    (_: Record<string, never>) => 'A statement was sent through a transaction that has already ended.',
  ],
  POSTGRES_ROLLED_BACK: [
    'conflict',
    (_: Record<string, never>) =>
      'The transaction was rolled back at commit because one of its statements had failed.',
  ],
  POSTGRES_START_FAILED: [
    'unavailable',
    (d: { reason: string }) => `The embedded PostgreSQL server did not start: ${d.reason}`,
  ],
  SCHEMA_NEWER: [
    'conflict',
    (d: { newest: number; known: number; breaking: readonly number[] }) =>
      `The database schema is at migration ${d.newest}, this program knows ${d.known}, and ${d.breaking.join(', ')} is marked breaking: use a newer program.`,
  ],
  MIGRATION_CHANGED: [
    'conflict',
    (d: { number: number; name: string }) =>
      `Migration ${d.number} (${d.name}) was changed after it had been applied; write a new one instead.`,
  ],
  MIGRATION_MISNUMBERED: [
    'invalid',
    (d: { reason: string }) => `The migration files do not line up: ${d.reason}`,
  ],
  MIGRATION_FAILED: [
    'unavailable',
    (d: { number: number; name: string; reason: string }) =>
      `Migration ${d.number} (${d.name}) failed and was rolled back: ${d.reason}`,
  ],
})
