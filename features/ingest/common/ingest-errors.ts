import { findingCodes } from '#features/plan/common/compile-plan.ts'
import { defineErrors, type FieldError } from '#platform/common/errors.ts'

type Detail = { detail: string }
const says = (d: Detail) => d.detail

/**
 * What collecting answers. The codes of single messages stand here too: a batch names them in `rejected`, a single call
 * answers with them. No detail ever repeats a value that was sent.
 */
export const ingestError = defineErrors({
  WRITE_KEY_MISSING: [
    'unauthenticated',
    (_: Record<string, never>) =>
      'Send the write key as the user name of Basic authorization, or as "writeKey" in the body.',
  ],
  WRITE_KEY_UNKNOWN: [
    'unauthenticated',
    (_: Record<string, never>) => 'No active source has this write key.',
  ],
  ORIGIN_NOT_ALLOWED: [
    'forbidden',
    (_: Record<string, never>) => 'Pages of this origin may not send with this key.',
  ],
  WRITE_KEYS_UNAVAILABLE: [
    'unavailable',
    (_: Record<string, never>) => 'Write keys cannot be read right now; send again.',
  ],
  UTF8_INVALID: ['invalid', says],
  BODY_ENCODING_INVALID: ['invalid', says],
  BODY_ENCRYPTED: ['invalid', says],
  CHECKSUM_WRONG: ['invalid', says],
  /** Only counted: an item that is about no customer, in a request that is otherwise taken. */
  MESSAGE_IGNORED: ['invalid', says],
  BATCH_TOO_LONG: ['invalid', (d: { limit: number }) => `A batch takes at most ${d.limit} messages.`],
  FIELD_MISSING: ['invalid', says],
  FIELD_TYPE: ['invalid', says],
  FIELD_INVALID: ['invalid', says],
  FIELD_TOO_LONG: ['invalid', says],
  STRING_TOO_LONG: ['invalid', says],
  PROPERTIES_TOO_MANY: ['invalid', says],
  MESSAGE_TOO_LARGE: ['invalid', says],
  NESTING_TOO_DEEP: ['invalid', says],
  KEY_FORBIDDEN: ['invalid', says],
  AUTHENTICATION_DATA: ['invalid', says],
  TIMESTAMP_INVALID: ['invalid', says],
  TIMESTAMP_OUT_OF_RANGE: ['invalid', says],
  TIMESTAMP_TOO_OLD: ['invalid', says],
  /** By the plan of the source's mode `enforce`: the codes of `findingCodes`. */
  PLAN_EVENT_UNKNOWN: ['invalid', says],
  PLAN_EVENT_RETIRED: ['invalid', says],
  PLAN_PROPERTY_MISSING: ['invalid', says],
  PLAN_PROPERTY_TYPE: ['invalid', says],
  PLAN_PROPERTY_VALUE: ['invalid', says],
  PLAN_PROPERTY_PATTERN: ['invalid', says],
  PLAN_PROPERTY_LENGTH: ['invalid', says],
  CUSTOMER_RATE_LIMITED: ['limited', says],
  SPOOL_FULL: [
    'unavailable',
    (_: Record<string, never>) => 'Too many events wait for the warehouse; send again later.',
  ],
  SPOOL_UNAVAILABLE: [
    'unavailable',
    (_: Record<string, never>) => 'Events cannot be stored right now; send again later.',
  ],
  INGEST_BEHIND: [
    'unavailable',
    (d: { seconds: number }) => `Not everything accepted could be loaded within ${d.seconds} seconds.`,
  ],
  SOURCE_TAKEN: ['conflict', (d: { source: string }) => `There is already a source "${d.source}".`],
  SOURCE_RESERVED: [
    'invalid',
    (d: { source: string }) => `The source name "${d.source}" belongs to the platform.`,
  ],
  SOURCE_JWKS_INVALID: ['invalid', says],
  SOURCE_NOT_FOUND: ['missing', (d: { source: string }) => `There is no source "${d.source}".`],
  SOURCE_REVOKED: [
    'conflict',
    (d: { source: string }) => `The source "${d.source}" is revoked; reactivate it first.`,
  ],
  SOURCE_KEYS_TOO_MANY: ['conflict', (d: { limit: number }) => `A source has at most ${d.limit} keys.`],
  KEY_NOT_FOUND: ['missing', (_: Record<string, never>) => 'This source has no such key.'],
  KEY_LAST_ACTIVE: [
    'conflict',
    (_: Record<string, never>) => 'This is the last active key: make a new one first, or revoke the source.',
  ],
  KEY_REVOKED_LONG_AGO: [
    'conflict',
    (d: { hours: number }) => `A revoked key comes back only within ${d.hours} hours; make a new one.`,
  ],
  RATE_LIMITED: [
    'limited',
    (d: { retryAfterSeconds: number }) =>
      `This key sends more than it may; send again in ${d.retryAfterSeconds} seconds.`,
  ],
  REJECT_NOT_FOUND: ['missing', (d: { rejectId: string }) => `There is no reject ${d.rejectId}.`],
  REJECT_WITHOUT_ORIGINAL: [
    'conflict',
    (_: Record<string, never>) => 'No copy of this message was kept, so it cannot be sent again.',
  ],
  REJECT_DONE: ['conflict', (d: { state: string }) => `This reject is ${d.state} already.`],
  REJECT_IDENTITY_CHANGED: [
    'invalid',
    (d: { field: string }) => `${d.field}: whose message it is and of what type stays as it was sent.`,
  ],
  REJECT_IDENTITY_MASKED: [
    'conflict',
    (d: { field: string }) => `${d.field} was masked when the copy was kept: put the right value in first.`,
  ],
  HEAD_OFFICE_ONLY: [
    'forbidden',
    (_: Record<string, never>) => 'Messages of the whole bank are for people of head office.',
  ],
  DEBUG_BUSY: [
    'unavailable',
    (_: Record<string, never>) => 'Too many people are watching right now; try again later.',
  ],
  RETENTION_OFF: [
    'conflict',
    (_: Record<string, never>) => 'This rule is switched off; switch it on before purging.',
  ],
})

/** Why one message was not taken; `path` names the field from the root of the message. */
export type Problem = { code: ProblemCode; path: string; detail: string }

export const problemCodes = [
  'FIELD_MISSING',
  'FIELD_TYPE',
  'FIELD_INVALID',
  'FIELD_TOO_LONG',
  'STRING_TOO_LONG',
  'PROPERTIES_TOO_MANY',
  'MESSAGE_TOO_LARGE',
  'NESTING_TOO_DEEP',
  'KEY_FORBIDDEN',
  'AUTHENTICATION_DATA',
  'TIMESTAMP_INVALID',
  'TIMESTAMP_OUT_OF_RANGE',
  'TIMESTAMP_TOO_OLD',
  'CUSTOMER_RATE_LIMITED',
  ...findingCodes,
] as const
export type ProblemCode = (typeof problemCodes)[number]

/** One broken field as a problem document lists it. */
export const fieldError = (problem: Problem): FieldError => ({
  path: problem.path,
  code: problem.code,
  message: problem.detail,
})
